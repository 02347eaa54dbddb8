/** What timers count to, 24 days: what is more goes off at once. */
export const longestMs = 2 ** 31 - 1;

/** Resolves after the time; rejects with the signal's reason when that is sooner. */
export function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const leave = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(
      () => {
        signal?.removeEventListener("abort", leave);
        resolve();
      },
      Math.min(milliseconds, longestMs),
    );
    signal?.addEventListener("abort", leave, { once: true });
  });
}

/** Milliseconds before the nth repeat (from 0): twice as long each time, up to `most`, and between half of it and all. */
export function backoff(repeat: number, first: number, most = 8_000): number {
  return Math.min(most, first * 2 ** repeat) * (0.5 + Math.random() / 2);
}
