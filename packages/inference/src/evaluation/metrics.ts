/** One film's truth and answer. */
export interface Answer {
  readonly truth: boolean;
  readonly probability: number;
}

/**
 * Area under the ROC curve by the rank sum (Mann–Whitney), ties counted half. NaN without both classes.
 * @throws Error for a probability that is no number
 */
export function auroc(answers: readonly Answer[]): number {
  if (answers.some(({ probability }) => Number.isNaN(probability))) throw new Error("an answer is no number");
  const sorted = [...answers].sort((a, b) => a.probability - b.probability);
  const positives = sorted.filter((each) => each.truth).length;
  const negatives = sorted.length - positives;
  if (positives === 0 || negatives === 0) return Number.NaN;
  let sum = 0;
  for (let low = 0; low < sorted.length; ) {
    let high = low;
    while (high < sorted.length && sorted[high]?.probability === sorted[low]?.probability) high += 1;
    const tied = sorted.slice(low, high).filter((each) => each.truth).length;
    sum += (tied * (low + high + 1)) / 2;
    low = high;
  }
  return (sum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** Shares of the fractured and of the normal films that are called so at the threshold. */
export function operatingPoint(
  answers: readonly Answer[],
  threshold: number,
): { sensitivity: number; specificity: number } {
  const share = (truth: boolean) => {
    const mine = answers.filter((each) => each.truth === truth);
    return mine.filter((each) => each.probability >= threshold === truth).length / mine.length;
  };
  return { sensitivity: share(true), specificity: share(false) };
}

/** Expected calibration error over at most ten bins of equal counts, at least five films each. */
export function calibrationError(answers: readonly Answer[]): number {
  const sorted = [...answers].sort((a, b) => a.probability - b.probability);
  const bins = Math.min(10, Math.max(1, Math.floor(sorted.length / 5)));
  let error = 0;
  let start = 0;
  for (let bin = 0; bin < bins; bin += 1) {
    const size = Math.floor(sorted.length / bins) + (bin < sorted.length % bins ? 1 : 0);
    const part = sorted.slice(start, start + size);
    start += size;
    const right = part.filter((each) => each.truth).length;
    const said = part.reduce((sum, each) => sum + each.probability, 0);
    error += Math.abs(right - said);
  }
  return error / sorted.length;
}
