import type { Film } from "@osteon/client";
import { useEffect, useState } from "react";
import { loadFilm, loadHeat } from "./pictures.js";

export interface Loaded<T> {
  value?: T;
  failed?: true;
  /** Asks once more. */
  retry(): void;
}

/** The film's greys, once it has them; `ready` says when to ask. */
export function useFilm(id: string, film: number, ready: boolean) {
  return useLoaded(loadFilm, id, film, ready);
}

/** The heat map in colours. A film that is read again, by another edition of the model, has another at the same address. */
export function useHeat(id: string, { index, models }: Film, ready: boolean) {
  return useLoaded(loadHeat, id, index, ready, JSON.stringify(models?.fracture));
}

function useLoaded<T>(
  load: (id: string, film: number, signal: AbortSignal) => Promise<T>,
  id: string,
  film: number,
  ready: boolean,
  edition = "",
): Loaded<T> {
  const name = `${id}/${film}/${edition}`;
  const [loaded, setLoaded] = useState<Omit<Loaded<T>, "retry"> & { name?: string }>({});
  const [tries, setTries] = useState(1);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another try is to be made at once.
  useEffect(() => {
    if (!ready) return;
    const over = new AbortController();
    load(id, film, over.signal).then(
      (value) => setLoaded({ name, value }),
      () => {
        if (!over.signal.aborted) setLoaded({ name, failed: true });
      },
    );
    return () => over.abort();
  }, [load, id, film, ready, name, tries]);
  const retry = () => {
    setLoaded({});
    setTries((before) => before + 1);
  };
  return { ...(loaded.name === name ? loaded : {}), retry };
}
