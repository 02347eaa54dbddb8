/** What a process says of itself at /metrics. */
export interface ProcessFigures {
  service: string;
  /** Milliseconds since the scrape before. */
  lagP99: number;
  lagMost: number;
  residentMegabytes: number;
  cpuSeconds: number;
}

export async function scrape(service: string, address: string): Promise<ProcessFigures> {
  const text = await (await fetch(`${address}/metrics`)).text();
  const value = (pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? Number.NaN);
  return {
    service,
    lagP99: value(/^osteon_event_loop_lag_seconds\{[^}]*quantile="0\.99"[^}]*\} (\S+)$/m) * 1000,
    lagMost: value(/^osteon_event_loop_lag_seconds\{[^}]*quantile="1"[^}]*\} (\S+)$/m) * 1000,
    residentMegabytes: value(/^process_resident_memory_bytes\{[^}]*\} (\S+)$/m) / 2 ** 20,
    cpuSeconds: value(/^process_cpu_seconds_total\{[^}]*\} (\S+)$/m),
  };
}
