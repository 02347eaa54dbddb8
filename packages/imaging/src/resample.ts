/**
 * Pillow's antialiased triangle filter (`Resampling.BILINEAR`) on 8-bit samples, bit for bit: its coefficients in fixed
 * point (PRECISION_BITS = 32 - 8 - 2), each pass rounded to 8 bits. From Pillow's `src/libImaging/Resample.c` (MIT-CMU
 * licence). The horizontal pass is always first; Pillow 13 itself begins with the vertical one where that takes less (films
 * over about twice as tall as wide in a letterbox), so the Python side asks it for one pass at a time.
 */
const precision = 22;
const half = 1 << (precision - 1);

/** The filter along one axis: output `i` is the sum of `count[i]` inputs from `first[i]`, weighted by row `i` of `weights`. */
interface Taps {
  readonly size: number;
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** Fixed point, `size` to an output. */
  readonly weights: Int32Array;
}

const cache = new Map<number, Taps>();
/** Sides are at most 1024, and films come in few formats: this many cover a service's day. */
const cached = 512;

function tapsFor(input: number, output: number): Taps {
  const key = input * 65_536 + output;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const taps = computeTaps(input, output);
  if (cache.size >= cached) cache.clear();
  cache.set(key, taps);
  return taps;
}

function computeTaps(input: number, output: number): Taps {
  const scale = input / output;
  const support = Math.max(scale, 1);
  const size = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(output);
  const count = new Int32Array(output);
  const weights = new Int32Array(output * size);
  const row = new Float64Array(size);
  for (let i = 0; i < output; i++) {
    const centre = (i + 0.5) * scale;
    const from = Math.max(Math.trunc(centre - support + 0.5), 0);
    const to = Math.min(Math.trunc(centre + support + 0.5), input);
    let sum = 0;
    for (let k = 0; k < to - from; k++) {
      const weight = Math.max(1 - Math.abs((k + from - centre + 0.5) * (1 / support)), 0);
      row[k] = weight;
      sum += weight;
    }
    for (let k = 0; k < to - from; k++) {
      const weight = (row[k] ?? 0) / (sum === 0 ? 1 : sum);
      weights[i * size + k] = Math.trunc(0.5 + weight * (1 << precision));
    }
    first[i] = from;
    count[i] = to - from;
  }
  return { size, first, count, weights };
}

/** Resizes 8-bit grey samples (row by row) from `width` × `height` to `toWidth` × `toHeight` pixels. */
export function resample(
  data: Uint8Array,
  width: number,
  height: number,
  toWidth: number,
  toHeight: number,
): Uint8Array {
  const wide = width === toWidth ? data : resampleRows(data, width, height, toWidth);
  return height === toHeight ? wide : resampleColumns(wide, toWidth, height, toHeight);
}

/** Takes the nearest sample for each pixel, as Pillow's `Resampling.NEAREST` does. */
export function nearest(
  data: Uint8Array,
  width: number,
  height: number,
  toWidth: number,
  toHeight: number,
): Uint8Array {
  const from = (size: number, to: number) => {
    const step = size / to;
    let centre = step * 0.5;
    return Int32Array.from({ length: to }, () => {
      const at = Math.min(Math.floor(centre), size - 1);
      // Summed up, not multiplied: where a centre falls between two samples, rounding decides.
      centre += step;
      return at;
    });
  };
  const [columns, rows] = [from(width, toWidth), from(height, toHeight)];
  const out = new Uint8Array(toWidth * toHeight);
  let at = 0;
  for (const row of rows) for (const column of columns) out[at++] = data[row * width + column] ?? 0;
  return out;
}

/*
 * Both passes make four samples at once: a weight is read once for four, and the four sums do not wait for each other. That
 * takes half the time of one after the other. Nothing is read or written beyond an array: the compiler takes that badly.
 */

function resampleRows(data: Uint8Array, width: number, height: number, toWidth: number): Uint8Array {
  const { size, first, count, weights } = tapsFor(width, toWidth);
  const out = new Uint8Array(toWidth * height);
  const inFours = height - (height % 4);
  for (let y = 0; y < inFours; y += 4) {
    for (let x = 0; x < toWidth; x++) {
      const taps = count[x] ?? 0;
      const from = y * width + (first[x] ?? 0);
      let a = half;
      let b = half;
      let c = half;
      let d = half;
      for (let k = 0; k < taps; k++) {
        const weight = weights[x * size + k] ?? 0;
        const at = from + k;
        a = (a + Math.imul(data[at] ?? 0, weight)) | 0;
        b = (b + Math.imul(data[at + width] ?? 0, weight)) | 0;
        c = (c + Math.imul(data[at + 2 * width] ?? 0, weight)) | 0;
        d = (d + Math.imul(data[at + 3 * width] ?? 0, weight)) | 0;
      }
      const to = y * toWidth + x;
      out[to] = a >> precision;
      out[to + toWidth] = b >> precision;
      out[to + 2 * toWidth] = c >> precision;
      out[to + 3 * toWidth] = d >> precision;
    }
  }
  for (let y = inFours; y < height; y++)
    for (let x = 0; x < toWidth; x++)
      out[y * toWidth + x] = weigh(data, y * width + (first[x] ?? 0), 1, weights, x * size, count[x] ?? 0);
  return out;
}

function resampleColumns(data: Uint8Array, width: number, height: number, toHeight: number): Uint8Array {
  const { size, first, count, weights } = tapsFor(height, toHeight);
  const out = new Uint8Array(width * toHeight);
  const inFours = width - (width % 4);
  for (let y = 0; y < toHeight; y++) {
    const taps = count[y] ?? 0;
    const from = (first[y] ?? 0) * width;
    for (let x = 0; x < inFours; x += 4) {
      let a = half;
      let b = half;
      let c = half;
      let d = half;
      for (let k = 0; k < taps; k++) {
        const weight = weights[y * size + k] ?? 0;
        const at = from + k * width + x;
        a = (a + Math.imul(data[at] ?? 0, weight)) | 0;
        b = (b + Math.imul(data[at + 1] ?? 0, weight)) | 0;
        c = (c + Math.imul(data[at + 2] ?? 0, weight)) | 0;
        d = (d + Math.imul(data[at + 3] ?? 0, weight)) | 0;
      }
      const to = y * width + x;
      out[to] = a >> precision;
      out[to + 1] = b >> precision;
      out[to + 2] = c >> precision;
      out[to + 3] = d >> precision;
    }
    for (let x = inFours; x < width; x++)
      out[y * width + x] = weigh(data, from + x, width, weights, y * size, taps);
  }
  return out;
}

/** One sample: `taps` of `data` from `from` on, `step` apart, by the weights from `at` on. */
function weigh(
  data: Uint8Array,
  from: number,
  step: number,
  weights: Int32Array,
  at: number,
  taps: number,
): number {
  let sum = half;
  for (let k = 0; k < taps; k++) sum += (data[from + k * step] ?? 0) * (weights[at + k] ?? 0);
  return sum >> precision;
}
