import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeJpegLossless } from "../src/codecs.js";
import { type LosslessOptions, losslessJpeg } from "./support/jpeg-lossless.js";

const [width, height] = [97, 120];
/** No two neighbours are alike, and no two rows. */
const noise = (x: number, y: number, range: number) => (x * 7919 + y * 104_729 + x * y * 31) % range;

function isExact(options: Pick<LosslessOptions, "bits" | "predictor" | "level"> & { rows?: number }): void {
  const samples = decodeJpegLossless(losslessJpeg({ width, height, ...options }), { width, height });
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
