import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { heatmapOverlay } from "../src/index.js";

const placement = { left: 16, top: 0, width: 32, height: 64, canvasWidth: 64, canvasHeight: 64 };

async function overlay(hot: [x: number, y: number], width: number, height: number) {
  const data = new Float32Array(64);
  data[hot[1] * 8 + hot[0]] = 0.8;
  const png = await heatmapOverlay({ width: 8, height: 8, data }, placement, { width, height });
  const metadata = await sharp(png).metadata();
  const pixels = await sharp(png).extractChannel("alpha").raw().toBuffer();
  const white = await sharp(png).removeAlpha().raw().toBuffer();
  const alpha = (x: number, y: number) => pixels[y * width + x] ?? Number.NaN;
  return { metadata, alpha, pixels, white };
}

test("is a grey PNG with alpha of the film’s size", async () => {
  const { metadata, white } = await overlay([3, 3], 200, 400);
  const { width, height, channels, hasAlpha, space, format } = metadata;
  assert.deepEqual(
    { width, height, channels, hasAlpha, space, format },
    {
      width: 200,
      height: 400,
      channels: 2,
      hasAlpha: true,
      space: "b-w",
      format: "png",
    },
  );
  assert.ok(white.every((sample) => sample === 255));
});

test("the heat lies where its cell lies on the film, and reads back as alpha / 255", async () => {
  // Cell (3, 3) is the canvas from (24, 24) to (32, 32); the film begins at x = 16 and is shown 6.25 times as large.
  const { alpha } = await overlay([3, 3], 200, 400);
  assert.ok(Math.abs(alpha(75, 175) - 204) <= 5, `${alpha(75, 175)}`);
  assert.equal(alpha(75, 300), 0);
  assert.equal(alpha(180, 175), 0);
  const half = alpha(100, 175);
  assert.ok(half > 85 && half < 120, `half way to the next cell: ${half}`);
});

test("heat in the canvas’s margin does not show", async () => {
  const { pixels } = await overlay([0, 3], 200, 400);
  assert.ok(pixels.every((sample) => sample === 0));
});
