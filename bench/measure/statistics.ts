/** The value below which the share `q` of the sorted values lies (nearest rank). */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** "median (least to greatest)" with the given digits. */
export function spread(values: readonly number[], digits = 2): string {
  const [least, middle, most] = [0, 0.5, 1].map((q) => quantile(values, q).toFixed(digits));
  return `${middle} (${least} to ${most})`;
}
