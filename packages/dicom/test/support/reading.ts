import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { filmLimits, inspect, type NormalisedFilm } from "@osteon/imaging";
import type { ProblemCode } from "@osteon/shared";
import { normaliseDicom } from "../../src/index.js";
import { type DicomOptions, dicom, height, width } from "./dicom.js";

const fixtures = fileURLToPath(new URL("../../../test/fixtures/", import.meta.url));
/** DICOM files of others. */
export const samples = fileURLToPath(new URL("../../../../../../shared/data/dicom/", import.meta.url));

/** A film that was kept in colour. */
export const colourFilm = fileURLToPath(
  new URL("../../../../../../shared/data/fracatlas/images/IMG0000000.jpg", import.meta.url),
);

export const fixture = (name: string) => readFileSync(`${fixtures}${name}.dcm`);
export const endMarker = Buffer.from([0xff, 0xd9]);
export const read = (bytes: Uint8Array) => normaliseDicom(bytes, filmLimits);
export const at = (film: NormalisedFilm, x: number, y = 100) => film.data[y * film.width + x] ?? Number.NaN;
/** Parts of so many bytes that may be missing: all from a point on, and a fragment in the middle. */
export const gaps = (bytes: number): [from: number, to: number][] => [
  [bytes >> 1, bytes],
  [Math.floor(0.95 * bytes), bytes],
  [Math.floor(0.4 * bytes), Math.floor(0.5 * bytes)],
];
export const near = (actual: number, expected: number, tolerance = 2) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} ± ${tolerance}`);

export async function isRamp(options: DicomOptions): Promise<void> {
  const film = await read(dicom(options));
  assert.deepEqual([film.width, film.height], [width, height]);
  for (const x of [0, 75, 150, 225, 299]) near(at(film, x), (255 * x) / 299);
}

export const refused = (bytes: Uint8Array, code: ProblemCode, detail?: RegExp) =>
  assert.rejects(inspect(bytes), (error: { code: string; detail: string }) => {
    assert.equal(error.code, code, error.detail);
    if (detail !== undefined) assert.match(error.detail, detail);
    return true;
  });
