export type { NormalisedFilm } from "./film.js";

import type { NormalisedFilm } from "./film.js";
import { quantile } from "./quantile.js";
import { nearest, resample } from "./resample.js";

/** How levels of a film become values. */
export type Contrast =
  | {
      /** Stretches the levels in use to 0..1. */
      readonly method: "percentile";
      /** Quantiles of the levels in use that become 0 and 1. */
      readonly low: number;
      readonly high: number;
      /** Levels below are no tissue and do not count. */
      readonly ignoreBelow: number;
      /** Least distance of the two levels. */
      readonly minimumRange: number;
    }
  | {
      /** Leaves the contrast as it is. */
      readonly method: "none";
      /** What the brightest level becomes; the darkest is 0. */
      readonly maximum: number;
    };

/** The `input` of a model's manifest. Sizes in pixels; `pad`, `mean` and `std` on the scale of the values after contrast. */
export interface InputSpec {
  readonly width: number;
  readonly height: number;
  readonly contrast: Contrast;
  readonly pad: number;
  /** One number, or one a channel. */
  readonly mean: number | readonly number[];
  readonly std: number | readonly number[];
  /** Equal but for `mean` and `std`. Default: 1. */
  readonly channels?: number;
  /** Order of the tensor's axes. Default: NCHW. */
  readonly layout?: "NCHW" | "NHWC";
  /** Whether the film keeps its shape, with a margin, or fills the canvas. Default: letterbox. */
  readonly fit?: "letterbox" | "stretch";
  /** Default: triangle. */
  readonly resample?: "triangle" | "nearest";
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
  /** As `tensorShape` says, the last axis first. */
  readonly data: Float32Array;
  readonly placement: Placement;
}

/** The dimensions of one film's tensor, the batch included. */
export function tensorShape({ width, height, channels = 1, layout }: InputSpec): number[] {
  return layout === "NHWC" ? [1, height, width, channels] : [1, channels, height, width];
}

/** How many numbers a film's tensor has. */
export function tensorSize(spec: InputSpec): number {
  return tensorShape(spec).reduce((size, dim) => size * dim, 1);
}

/** Where a film of `width` × `height` pixels lies on the spec's canvas: in its middle, as large as fits, or all over it. */
export function place(
  width: number,
  height: number,
  spec: Pick<InputSpec, "width" | "height" | "fit">,
): Placement {
  const canvas = { canvasWidth: spec.width, canvasHeight: spec.height };
  if (spec.fit === "stretch") return { left: 0, top: 0, width: spec.width, height: spec.height, ...canvas };
  const scale = Math.min(spec.width / width, spec.height / height);
  const w = Math.max(1, Math.floor(width * scale + 0.5));
  const h = Math.max(1, Math.floor(height * scale + 0.5));
  return {
    left: Math.floor((spec.width - w) / 2),
    top: Math.floor((spec.height - h) / 2),
    width: w,
    height: h,
    ...canvas,
  };
}

/**
 * The one way from a film to a model's input, as docs/reference/bundles.md defines it and training reads its films.
 * Its numbers equal the Python side's bit for bit.
 *
 * @param into where the tensor goes, `tensorSize(spec)` long; a new array where left out.
 */
export function toTensor(
  film: NormalisedFilm,
  spec: InputSpec,
  into: Float32Array = new Float32Array(tensorSize(spec)),
): Tensor {
  const placement = place(film.width, film.height, spec);
  const { width, height } = placement;
  const resize = spec.resample === "nearest" ? nearest : resample;
  const levels = resize(film.data, film.width, film.height, width, height);
  const values = Float64Array.from({ length: 256 }, (_, level) => level);
  const stretched = values.map(contrast(levels, spec.contrast));
  const channels = spec.channels ?? 1;
  const pixels = spec.width * spec.height;
  // Steps in the tensor from one pixel, and from one channel, to the next.
  const [across, deep] = spec.layout === "NHWC" ? [channels, 1] : [1, pixels];
  for (let channel = 0; channel < channels; channel++) {
    const scale = { mean: ofChannel(spec.mean, channel), std: ofChannel(spec.std, channel) };
    const table = Float32Array.from(stretched, (value) => standardise(value, scale));
    const margin = standardise(spec.pad, scale);
    fill(into, { offset: channel * deep, across, table, margin }, levels, placement);
  }
  return { data: into, placement };
}

/** One channel of a tensor: where it is, and what levels and margin become. */
interface Channel {
  readonly offset: number;
  readonly across: number;
  readonly table: Float32Array;
  readonly margin: number;
}

function fill(into: Float32Array, channel: Channel, levels: Uint8Array, placement: Placement): void {
  const { offset, across, table, margin } = channel;
  const { left, top, width, height, canvasWidth, canvasHeight } = placement;
  if (width < canvasWidth || height < canvasHeight) {
    for (let pixel = 0; pixel < canvasWidth * canvasHeight; pixel++) into[offset + pixel * across] = margin;
  }
  for (let y = 0; y < height; y++) {
    let at = offset + ((top + y) * canvasWidth + left) * across;
    for (let x = 0; x < width; x++, at += across) into[at] = table[levels[y * width + x] ?? 0] ?? 0;
  }
}

function ofChannel(value: number | readonly number[], channel: number): number {
  return typeof value === "number" ? value : (value[channel] ?? Number.NaN);
}

/** What turns a level of this film into a value. */
function contrast(levels: Uint8Array, spec: Contrast): (level: number) => number {
  if (spec.method === "percentile") return percentile(levels, spec);
  return (level) => (level * spec.maximum) / 255;
}

function percentile(
  levels: Uint8Array,
  { low, high, ignoreBelow, minimumRange }: Extract<Contrast, { method: "percentile" }>,
): (level: number) => number {
  const counts = new Uint32Array(256);
  for (let i = 0; i < levels.length; i++) {
    const level = levels[i] ?? 0;
    counts[level] = (counts[level] ?? 0) + 1;
  }
  const background = counts.subarray(0, ignoreBelow).reduce((sum, count) => sum + count, 0);
  const counted = background === levels.length ? 0 : ignoreBelow;
  const total = counted === 0 ? levels.length : levels.length - background;
  const lo = quantile(counts, low * total, counted);
  const hi = Math.max(quantile(counts, high * total, counted), lo + minimumRange);
  return (level) => Math.min(Math.max((level - lo) / (hi - lo), 0), 1);
}

/** A value to the model's scale, rounded to float32 at each step as NumPy does. */
function standardise(value: number, { mean, std }: { mean: number; std: number }): number {
  return Math.fround(Math.fround(value) - Math.fround(mean)) / Math.fround(std);
}
