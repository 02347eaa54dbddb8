import { quantile } from "./quantile.js";

/** Share of the samples that the window may cut off at either end. */
const cut = 0.005;

/** Levels that become black and white. */
export interface Span {
  readonly low: number;
  readonly high: number;
}

/** How levels are asked to be shown: by a window, by a curve from a level to 0..1, or by the window's part of a curve. */
export interface Asked extends Partial<Span> {
  readonly curve?: (level: number) => number;
}

/** Least share of the levels in use, or of a curve's range, that must be left of the film. */
const leastShare = 1 / 8;

/**
 * Maps 16-bit samples to 8 bits by a linear window over the levels in use: from the 0.5 % to the 99.5 % quantile.
 *
 * The full 16-bit range is no measure, for medical tools store 10 or 12 bits in 16; nor are least and greatest level,
 * for one burnt-in marker at 65,535 would leave a 12-bit film 16 levels. Models stretch the contrast between 1 % and 99 %
 * themselves, so nothing they use is cut. A film of a single level becomes black.
 *
 * @param asked what a file asks for, of the same levels: the first that counts does. A window counts where it narrows that one, and leaves
 *   at least an eighth of it: one that is wider says nothing of this film, and one that lies beside it is a mistake. A curve bends that
 *   window; it counts where it goes one way, by at least an eighth of its range. Where the first curve falls the film is shown so,
 *   whether it counts or not.
 * @param use the levels in use, where some of the samples are none of the film's
 */
export function window16(
  samples: Uint16Array,
  asked: readonly Asked[] = [],
  use: Span = levelsInUse(count(samples)),
): Uint8Array {
  const falls = fallsOver(asked, use);
  const { low, high, curve } = firstThatCounts(falls ? asked.map(turned) : asked, use);
  const [black, white] = [curve(low), curve(high)];
  const levels = Uint8ClampedArray.from({ length: 65_536 }, (_, level) => {
    const shown = ((curve(level) - black) / (white - black)) * 255;
    return falls ? 255 - shown : shown;
  });
  const data = new Uint8Array(samples.length);
  for (let i = 0; i < samples.length; i++) data[i] = levels[samples[i] ?? 0] ?? 0;
  return data;
}

function count(samples: Uint16Array): Uint32Array {
  const counts = new Uint32Array(65_536);
  for (const sample of samples) counts[sample] = (counts[sample] ?? 0) + 1;
  return counts;
}

/** The levels from the 0.5 % to the 99.5 % quantile, by how many samples each has. */
export function levelsInUse(counts: Uint32Array): Span {
  const samples = counts.reduce((sum, each) => sum + each, 0);
  const low = quantile(counts, cut * samples);
  return { low, high: Math.max(quantile(counts, (1 - cut) * samples), low + 1) };
}

/**
 * Whether the greater levels are to be the darker ones: by the first curve of those asked for, over the upper half of the levels in use against
 * the lower. A table may show its last levels, where nothing but burnt samples are, as black.
 */
export function fallsOver(asked: readonly Asked[], { low, high }: Span): boolean {
  const curve = asked.find((each) => each.curve !== undefined)?.curve;
  if (curve === undefined) return false;
  const middle = (low + high) >> 1;
  return mean(curve, middle + 1, high) < mean(curve, low, middle);
}

function mean(curve: (level: number) => number, from: number, to: number): number {
  let sum = 0;
  for (let level = from; level <= to; level++) sum += curve(level);
  return sum / (to - from + 1);
}

function turned({ curve, ...span }: Asked): Asked {
  return curve === undefined ? span : { ...span, curve: (level) => 1 - curve(level) };
}

function firstThatCounts(asked: readonly Asked[], use: Span): Required<Asked> {
  for (const { low = use.low, high = use.high, curve = itself } of asked) {
    const narrowed = { low: Math.max(use.low, low), high: Math.min(use.high, high) };
    if (narrowed.high - narrowed.low < (use.high - use.low) * leastShare) continue;
    if (curve === itself || rises(curve, use, narrowed)) return { ...narrowed, curve };
  }
  return { ...use, curve: itself };
}

const itself = (level: number) => level;

function rises(curve: (level: number) => number, { low, high }: Span, shown: Span): boolean {
  if (curve(high) - curve(low) < leastShare || curve(shown.high) <= curve(shown.low)) return false;
  for (let level = low; level < high; level++) if (curve(level + 1) < curve(level)) return false;
  return true;
}
