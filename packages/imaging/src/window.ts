/** Share of the samples that the window may cut off at either end. */
const cut = 0.005;

/** How levels are asked to be shown: by a window, or by a curve from a level to 0..1. */
export type Asked =
  | { readonly low: number; readonly high: number }
  | { readonly curve: (level: number) => number };

/** Least share of the levels in use, or of a curve's range, that must be left of the film. */
const leastShare = 1 / 8;

/**
 * Maps 16-bit samples to 8 bits by a linear window over the levels in use: from the 0.5 % to the 99.5 % quantile.
 *
 * The full 16-bit range is no measure, for medical tools store 10 or 12 bits in 16; nor are least and greatest level,
 * for one burnt-in marker at 65,535 would leave a 12-bit film 16 levels. Models stretch the contrast between 1 % and 99 %
 * themselves, so nothing they use is cut. A film of a single level becomes black.
 *
 * @param asked what a file asks for, of the same levels. A window counts where it narrows that one, and leaves at least an eighth of it:
 *   one that is wider says nothing of this film, and one that lies beside it is a mistake. A curve bends that window; it counts where it
 *   rises, by at least an eighth of its range.
 */
export function window16(samples: Uint16Array, asked?: Asked): Uint8Array {
  const counts = new Uint32Array(65_536);
  for (const sample of samples) counts[sample] = (counts[sample] ?? 0) + 1;
  let low = quantile(counts, cut * samples.length);
  let high = Math.max(quantile(counts, (1 - cut) * samples.length), low + 1);
  let shown = (level: number) => level;
  if (asked !== undefined && "curve" in asked) {
    if (rises(asked.curve, low, high)) shown = asked.curve;
  } else if (asked !== undefined) {
    const narrowed = [Math.max(low, asked.low), Math.min(high, asked.high)] as const;
    if (narrowed[1] - narrowed[0] >= (high - low) * leastShare) [low, high] = narrowed;
  }
  const [black, white] = [shown(low), shown(high)];
  const levels = Uint8ClampedArray.from(
    counts,
    (_, level) => ((shown(level) - black) / (white - black)) * 255,
  );
  const data = new Uint8Array(samples.length);
  for (let i = 0; i < samples.length; i++) data[i] = levels[samples[i] ?? 0] ?? 0;
  return data;
}

function rises(curve: (level: number) => number, low: number, high: number): boolean {
  if (curve(high) - curve(low) < leastShare) return false;
  for (let level = low; level < high; level++) if (curve(level + 1) < curve(level)) return false;
  return true;
}

/** The least level up to which there are at least `rank` samples. */
function quantile(counts: Uint32Array, rank: number): number {
  let sum = 0;
  return counts.findIndex((count) => {
    sum += count;
    return count > 0 && sum >= rank;
  });
}
