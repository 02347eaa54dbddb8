import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { decodeFilm, type InputSpec, toTensor } from "../src/index.js";
import { resample } from "../src/resample.js";
import { place, tensorShape } from "../src/tensor.js";
import { golden } from "./support/paths.js";
import { gradient } from "./support/pictures.js";

interface Golden {
  film: string;
  tensor: string;
  input: InputSpec;
}

const spec: InputSpec = {
  width: 64,
  height: 48,
  contrast: { method: "percentile", low: 0.01, high: 0.99, ignoreBelow: 8, minimumRange: 16 },
  pad: 0,
  mean: 0.5,
  std: 0.25,
};

test("equals the tensors of training", { skip: !existsSync(join(golden, "index.json")) }, async () => {
  const cases: Golden[] = JSON.parse(await readFile(join(golden, "index.json"), "utf8"));
  assert.ok(cases.length > 0);
  for (const { film: name, tensor, input } of cases) {
    const film = await decodeFilm(await readFile(join(golden, name)));
    const bytes = await readFile(join(golden, tensor));
    const expected = Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4));
    const { data } = toTensor(film, input);
    assert.equal(data.length, expected.length);
    const different = data.reduce((count, value, i) => count + (value === expected[i] ? 0 : 1), 0);
    assert.equal(different, 0, `${tensor}: ${different} of ${data.length} values`);
  }
});

test("lies centred, as large as fits, rounding half up", () => {
  const canvas = { canvasWidth: 320, canvasHeight: 320 };
  assert.deepEqual(place(373, 454, { width: 320, height: 320 }), {
    left: 28,
    top: 0,
    width: 263,
    height: 320,
    ...canvas,
  });
  assert.deepEqual(place(1000, 1, { width: 320, height: 320 }), {
    left: 0,
    top: 159,
    width: 320,
    height: 1,
    ...canvas,
  });
});

test("the margin has the value of pad", () => {
  const { data, placement } = toTensor(
    { width: 48, height: 48, data: gradient(48, 48) },
    { ...spec, pad: 0.25 },
  );
  assert.deepEqual(placement, { left: 8, top: 0, width: 48, height: 48, canvasWidth: 64, canvasHeight: 48 });
  assert.equal(data[0], (0.25 - 0.5) / 0.25);
  assert.equal(data[63], (0.25 - 0.5) / 0.25);
  assert.equal(data.length, 64 * 48);
});

test("weights are of both sizes: films of ten samples to 261 share none with films of eleven to five", () => {
  const ramp = (length: number) => Uint8Array.from({ length }, (_, at) => at * 20);
  resample(ramp(10), 10, 1, 261, 1);
  assert.ok((resample(ramp(11), 11, 1, 5, 1).at(-1) ?? 0) > 150, "the end of the ramp");
});

test("contrast runs from 0 to 1 over the levels in use and ignores the background", () => {
  const film = Uint8Array.from({ length: 64 * 48 }, (_, i) => (i % 64 < 32 ? 3 : 100 + (i % 64)));
  const { data } = toTensor({ width: 64, height: 48, data: film }, spec);
  const values = [...new Set(data)].map((value) => value * 0.25 + 0.5);
  assert.equal(Math.min(...values), 0);
  assert.equal(Math.max(...values), 1);
});

test("a film of background alone, or of one level, does not divide by nothing", () => {
  for (const level of [0, 5, 8, 255]) {
    const { data } = toTensor({ width: 64, height: 48, data: new Uint8Array(64 * 48).fill(level) }, spec);
    assert.ok(data.every((value) => value === -2));
  }
});

test("writes into the array it is given", () => {
  const into = new Float32Array(64 * 48).fill(Number.NaN);
  assert.equal(toTensor({ width: 30, height: 300, data: gradient(30, 300) }, spec, into).data, into);
  assert.ok(into.every(Number.isFinite));
});

test("channels, layout and means: each pixel has every channel, in the order that the layout says", () => {
  const film = { width: 64, height: 48, data: gradient(64, 48) };
  const three = {
    ...spec,
    contrast: { method: "none", maximum: 255 },
    mean: [103.939, 116.779, 123.68],
    std: 1,
    channels: 3,
  } as const;
  const planes = toTensor(film, three).data;
  const pixels = toTensor(film, { ...three, layout: "NHWC" }).data;
  assert.deepEqual(tensorShape(three), [1, 3, 48, 64]);
  assert.deepEqual(tensorShape({ ...three, layout: "NHWC" }), [1, 48, 64, 3]);
  for (let pixel = 0; pixel < 64 * 48; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      const expected = Math.fround((film.data[pixel] ?? 0) - Math.fround(three.mean[channel] ?? 0));
      assert.equal(planes[channel * 64 * 48 + pixel], expected);
      assert.equal(pixels[pixel * 3 + channel], expected);
    }
  }
});

test("a stretched film fills the canvas, by nearest samples where asked", () => {
  const film = { width: 128, height: 24, data: gradient(128, 24) };
  const raw = {
    ...spec,
    contrast: { method: "none", maximum: 255 },
    mean: 0,
    std: 1,
    fit: "stretch",
  } as const;
  const { data, placement } = toTensor(film, { ...raw, resample: "nearest" });
  assert.deepEqual(placement, { left: 0, top: 0, width: 64, height: 48, canvasWidth: 64, canvasHeight: 48 });
  for (let y = 0; y < 48; y++)
    for (let x = 0; x < 64; x++)
      assert.equal(data[y * 64 + x], film.data[Math.floor(y / 2) * 128 + x * 2 + 1]);
  assert.notDeepEqual(toTensor(film, raw).data, data);
});
