import { useEffect, useState } from "react";
import { loadFilm, loadHeat } from "./pictures.js";

export interface Loaded<T> {
  value?: T;
  failed?: true;
}

/** The film's greys, once it has them; `ready` says when to ask. */
export function useFilm(id: string, film: number, ready: boolean) {
  return useLoaded(loadFilm, id, film, ready);
}

/** The heat map in colours. */
export function useHeat(id: string, film: number, ready: boolean) {
  return useLoaded(loadHeat, id, film, ready);
}

function useLoaded<T>(
  load: (id: string, film: number, signal: AbortSignal) => Promise<T>,
  id: string,
  film: number,
  ready: boolean,
): Loaded<T> {
  const name = `${id}/${film}`;
  const [loaded, setLoaded] = useState<Loaded<T> & { name?: string }>({});
  useEffect(() => {
    if (!ready) return;
    const over = new AbortController();
    load(id, film, over.signal).then(
      (value) => setLoaded({ name: `${id}/${film}`, value }),
      () => {
        if (!over.signal.aborted) setLoaded({ name: `${id}/${film}`, failed: true });
      },
    );
    return () => over.abort();
  }, [load, id, film, ready]);
  return loaded.name === name ? loaded : {};
}
