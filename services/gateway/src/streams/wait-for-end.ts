import { type Analysis, isEnded } from "@osteon/shared";

export interface Wait {
  look(): Promise<Analysis | undefined>;
  /** Calls the listener at each change, with whether it was the end, until the returned function is called. */
  listen(listener: (ended: boolean) => void): () => void;
  milliseconds: number;
  /** Aborted when nobody waits for it any more. */
  signal: AbortSignal;
}

/** The analysis at its end, or as it stands when the time is over. Woken by its end; it never polls. */
export async function waitForEnd({
  look,
  listen,
  milliseconds,
  signal,
}: Wait): Promise<Analysis | undefined> {
  let changed = false;
  let wake: () => void = () => undefined;
  const timer = { over: false };
  const timeout = setTimeout(() => {
    timer.over = true;
    wake();
  }, milliseconds);
  // Listening begins before the first look: a change in between is not missed.
  const ignore = listen((ended) => {
    if (!ended) return;
    changed = true;
    wake();
  });
  const leave = () => wake();
  signal.addEventListener("abort", leave);
  try {
    for (;;) {
      changed = false;
      const analysis = await look();
      if (analysis === undefined || isEnded(analysis.status) || timer.over || signal.aborted) return analysis;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (changed || timer.over || signal.aborted) resolve();
      });
    }
  } finally {
    clearTimeout(timeout);
    ignore();
    signal.removeEventListener("abort", leave);
  }
}
