import assert from "node:assert/strict";
import { test } from "node:test";
import { equalSamples } from "../src/equal-samples.js";

const levels = Uint8Array.from({ length: 23 }, (_, i) => (i * 89 + 200) % 256);

function threeOfEach(samples: Uint8Array, offset = 0): Buffer {
  const rgb = Buffer.from(new ArrayBuffer(offset + samples.length * 3), offset);
  samples.forEach((level, i) => {
    rgb.fill(level, i * 3, i * 3 + 3);
  });
  return rgb;
}

test("pixels of three equal samples are those samples, however many there are and wherever they begin", () => {
  for (let pixels = 0; pixels <= levels.length; pixels++)
    for (const offset of [0, 1, 4])
      assert.deepEqual(
        equalSamples(threeOfEach(levels.subarray(0, pixels), offset)),
        levels.slice(0, pixels),
        `${pixels} pixels from ${offset} on`,
      );
});

test("one sample that differs in one bit, in any place, is seen", () => {
  for (let at = 0; at < levels.length * 3; at++)
    for (const bit of [1, 128]) {
      const rgb = threeOfEach(levels);
      rgb[at] = (rgb[at] ?? 0) ^ bit;
      assert.equal(equalSamples(rgb), undefined, `sample ${at}, bit ${bit}`);
    }
});
