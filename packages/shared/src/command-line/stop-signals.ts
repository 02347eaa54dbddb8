import { ranByNpm } from "./paths.js";

/** Signals that ask for an end: Ctrl-C, `kill`, and the terminal that goes away. */
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const watchMs = 500;

/**
 * Calls `first` at the first request to end and `again` at each later one, until `off` is called. Under npm the
 * end of npm, or of the shell that it puts in between, counts as a request: a signal may reach only those.
 */
export function onStopSignal(first: () => void, again: () => void): { off(): void } {
  let asked = 0;
  let last = 0;
  const handler = () => {
    // A terminal's Ctrl-C reaches us and npm, and npm hands it on: twice the same wish, milliseconds apart.
    const now = performance.now();
    if (asked > 0 && now - last < 300) return;
    last = now;
    asked += 1;
    if (asked === 1) first();
    else again();
  };
  for (const signal of signals) process.on(signal, handler);
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (!ranByNpm() || process.ppid === parent) return;
    clearInterval(watch);
    if (asked === 0) handler();
  }, watchMs).unref();
  return {
    off: () => {
      clearInterval(watch);
      for (const signal of signals) process.off(signal, handler);
    },
  };
}
