/** Signals that ask for an end: Ctrl-C, `kill`, and the terminal that goes away. */
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Calls `first` at the first request to end and `again` at each later one, until `off` is called. */
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
  return {
    off: () => {
      for (const signal of signals) process.off(signal, handler);
    },
  };
}
