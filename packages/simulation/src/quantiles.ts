/** Of unsorted numbers; zero where there are none. */
export function quantiles(values: readonly number[]): { p50: number; p95: number; p99: number } {
  const sorted = Float64Array.from(values).sort();
  const of = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { p50: of(0.5), p95: of(0.95), p99: of(0.99) };
}

/** Of unsorted numbers, the upper of two in the middle; zero where there are none. */
export function median(values: readonly number[]): number {
  return quantiles(values).p50;
}
