import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { checkFilm } from "../src/checks/check-film.js";

const sample = new URL("../../src/samples/IMG0000600.jpg", import.meta.url);
const file = new File([readFileSync(sample)], "film.jpg");
const limits = { filmBytes: file.size, filmPixels: 32_000_000 };

/** A canvas that shows black. */
class BlackCanvas {
  getContext(): object {
    return { drawImage: () => {}, getImageData: () => ({ data: new Uint8ClampedArray(4) }) };
  }
  async convertToBlob(): Promise<Blob> {
    return new Blob();
  }
}

test("a film has as many pixels as the gateway takes, and as few as the models read", async () => {
  for (const [width, height, fault] of [
    [8_000, 4_000, undefined],
    [8_001, 4_000, "too-many-pixels"],
    [200_000, 200, "too-many-pixels"],
    [224, 224, undefined],
    [4_000, 223, "too-small"],
  ] as const) {
    Object.assign(globalThis, {
      OffscreenCanvas: BlackCanvas,
      createImageBitmap: async () => ({ width, height, close: () => {} }),
    });
    assert.equal((await checkFilm(file, limits)).fault, fault, `${width} × ${height}`);
  }
  assert.equal((await checkFilm(file, { ...limits, filmBytes: file.size - 1 })).fault, "too-large");
});
