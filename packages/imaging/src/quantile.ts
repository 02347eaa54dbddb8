/** The least level whose count, together with those from `from` up to it, is at least `rank`. */
export function quantile(counts: Uint32Array, rank: number, from = 0): number {
  let sum = 0;
  for (let level = 0; level < counts.length; level++) {
    if (level >= from) sum += counts[level] ?? 0;
    if (sum >= rank) return level;
  }
  return counts.length - 1;
}
