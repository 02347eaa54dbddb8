import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeJpegLossless } from "../src/codecs.js";
import { type LosslessOptions, losslessJpeg } from "./support/jpeg-lossless.js";

const width = 97;
/** No two neighbours are alike, and no two rows. */
const noise = (x: number, y: number, range: number) => (x * 7919 + y * 104_729 + x * y * 31) % range;

function isExact(options: Omit<LosslessOptions, "width" | "height"> & { height?: number }): void {
  const { height = 120 } = options;
  const samples = decodeJpegLossless(losslessJpeg({ ...options, width, height }), { width, height });
  const expected = Uint16Array.from({ length: width * height }, (_, at) =>
    options.level(at % width, Math.floor(at / width)),
  );
  const wrong = expected.reduce((sum, level, at) => sum + (level === samples[at] ? 0 : 1), 0);
  const { bits, predictor, rows = 0 } = options;
  assert.equal(wrong, 0, `${bits} bits, predictor ${predictor}, ${rows} rows`);
}

test("a lossless JPEG with restarts is read exactly, by each predictor", () => {
  // Of small differences the last one's bits may end with a byte, where a marker follows at once.
  const ranges = (bits: number) => [4, 2 ** bits];
  for (const bits of [8, 12])
    for (const predictor of [1, 2, 3, 4, 5, 6, 7])
      for (const rows of [0, 1, 3, 32])
        for (const range of ranges(bits))
          isExact({ bits, predictor, rows, level: (x, y) => noise(x, y, range) });
});

test("a lossless JPEG of 16 bits is read exactly over edges of its whole range", () => {
  const level = (x: number, y: number) => (x % 32 < 16 ? noise(x, y, 50) : 65_535 - noise(x, y, 60));
  for (const predictor of [1, 2, 3, 4, 5, 6, 7])
    for (const rows of [0, 3]) isExact({ bits: 16, predictor, rows, level });
});

test("what fills up the last byte, and stray bytes behind it, are taken for no sample that broke off", () => {
  // The code that zeros begin has fifteen bits behind it, where the end marker is.
  const categories = [15, ...Array.from({ length: 15 }, (_, category) => category), 16];
  const level = (x: number, y: number) => noise(x, y, 64);
  for (const stray of [[], [0], [0, 0]])
    for (let height = 100; height < 116; height++)
      isExact({ bits: 8, predictor: 1, height, categories, filledWith: 0, stray, level });
});
