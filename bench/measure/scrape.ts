/** What a process says of itself at /metrics. */
export interface ProcessFigures {
  service: string;
  /** Of the event loop since the scrape before, milliseconds. */
  lagP99: number;
  lagMost: number;
  /** Calls of the object store so far, by operation. */
  storeCalls: Record<string, number>;
  /** Bytes that went through the object store so far. */
  storeBytes: number;
}

export async function scrape(service: string, address: string): Promise<ProcessFigures> {
  const text = await (await fetch(`${address}/metrics`)).text();
  const value = (pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? Number.NaN);
  const labelled = (name: string, label: string): [string, number][] =>
    [...text.matchAll(new RegExp(`^${name}\\{[^}]*${label}="([^"]+)"[^}]*\\} (\\S+)$`, "gm"))].map(
      ([, key = "", number]) => [key, Number(number)],
    );
  return {
    service,
    lagP99: value(/^osteon_event_loop_lag_seconds\{[^}]*quantile="0\.99"[^}]*\} (\S+)$/m) * 1000,
    lagMost: value(/^osteon_event_loop_lag_seconds\{[^}]*quantile="1"[^}]*\} (\S+)$/m) * 1000,
    storeCalls: Object.fromEntries(labelled("osteon_store_duration_seconds_count", "operation")),
    storeBytes: labelled("osteon_store_bytes_total", "direction").reduce((sum, [, bytes]) => sum + bytes, 0),
  };
}
