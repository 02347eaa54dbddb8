export type { NormalisedFilm } from "./film.js";

import type { NormalisedFilm } from "./film.js";
import { resample } from "./resample.js";

/** The `input` of a model's manifest. Sizes in pixels; `pad`, `mean` and `std` on the scale 0..1 after contrast. */
export interface InputSpec {
  readonly width: number;
  readonly height: number;
  readonly contrast: {
    readonly method: "percentile";
    /** Quantiles of the levels in use that become 0 and 1. */
    readonly low: number;
    readonly high: number;
    /** Levels below are no tissue and do not count. */
    readonly ignoreBelow: number;
    /** Least distance of the two levels. */
    readonly minimumRange: number;
  };
  readonly pad: number;
  readonly mean: number;
  readonly std: number;
}

/** Where a film lies on a model's canvas, pixels of the canvas. */
export interface Placement {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly canvasWidth: number;
  readonly canvasHeight: number;
}

export interface Tensor {
  /** Row by row, `canvasWidth * canvasHeight` long. */
  readonly data: Float32Array;
  readonly placement: Placement;
}

/** Where a film of `width` × `height` pixels lies when it is fitted into the middle of the spec's canvas. */
export function place(width: number, height: number, spec: Pick<InputSpec, "width" | "height">): Placement {
  const scale = Math.min(spec.width / width, spec.height / height);
  const w = Math.max(1, Math.floor(width * scale + 0.5));
  const h = Math.max(1, Math.floor(height * scale + 0.5));
  return {
    left: Math.floor((spec.width - w) / 2),
    top: Math.floor((spec.height - h) / 2),
    width: w,
    height: h,
    canvasWidth: spec.width,
    canvasHeight: spec.height,
  };
}

/**
 * The one way from a film to a model's input, as docs/reference/bundles.md defines it and training reads its films.
 * Its numbers equal the Python side's bit for bit.
 *
 * @param into where the tensor goes, `spec.width * spec.height` long; a new array where left out.
 */
export function toTensor(
  film: NormalisedFilm,
  spec: InputSpec,
  into: Float32Array = new Float32Array(spec.width * spec.height),
): Tensor {
  const placement = place(film.width, film.height, spec);
  const { left, top, width, height, canvasWidth } = placement;
  const levels = resample(film.data, film.width, film.height, width, height);
  const stretch = contrast(levels, spec);
  const table = Float32Array.from({ length: 256 }, (_, level) => standardise(stretch(level), spec));
  into.fill(standardise(spec.pad, spec));
  for (let y = 0; y < height; y++) {
    const row = (top + y) * canvasWidth + left;
    for (let x = 0; x < width; x++) into[row + x] = table[levels[y * width + x] ?? 0] ?? 0;
  }
  return { data: into, placement };
}

/** Percentile contrast: what turns a level of this film into 0..1. */
function contrast(levels: Uint8Array, spec: InputSpec): (level: number) => number {
  const { low, high, ignoreBelow, minimumRange } = spec.contrast;
  const counts = new Uint32Array(256);
  for (let i = 0; i < levels.length; i++) {
    const level = levels[i] ?? 0;
    counts[level] = (counts[level] ?? 0) + 1;
  }
  const background = counts.subarray(0, ignoreBelow).reduce((sum, count) => sum + count, 0);
  const counted = background === levels.length ? 0 : ignoreBelow;
  const total = counted === 0 ? levels.length : levels.length - background;
  const lo = quantile(counts, counted, low * total);
  const hi = Math.max(quantile(counts, counted, high * total), lo + minimumRange);
  return (level) => Math.min(Math.max((level - lo) / (hi - lo), 0), 1);
}

/** The least level whose count, together with those from `from` up to it, is at least `rank`. */
function quantile(counts: Uint32Array, from: number, rank: number): number {
  let sum = 0;
  for (let level = 0; level < counts.length; level++) {
    if (level >= from) sum += counts[level] ?? 0;
    if (sum >= rank) return level;
  }
  return counts.length - 1;
}

/** A value in 0..1 to the model's scale, rounded to float32 at each step as NumPy does. */
function standardise(value: number, { mean, std }: InputSpec): number {
  return Math.fround(Math.fround(value) - Math.fround(mean)) / Math.fround(std);
}
