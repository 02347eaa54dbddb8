import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { readDicomHeader } from "@osteon/imaging/dicom";
import { decodeSamples } from "../src/pixels.js";
import { type DicomOptions, dicom } from "./support/dicom.js";

const fixtures = fileURLToPath(new URL("../../test/fixtures/", import.meta.url));

async function levelsOf(options: DicomOptions): Promise<Uint16Array> {
  const bytes = dicom(options);
  return (await decodeSamples(bytes, readDicomHeader(bytes))).levels;
}

test("what coding with loss puts beyond the levels that are stored is black or white, and not the other of them", async () => {
  for (const [syntax, name, signed] of [
    ["jpeg-2000-lossy", "beyond.j2k", false],
    ["jpeg-2000-lossy", "beyond-signed.j2k", true],
    ["jpeg-ls-lossy", "beyond.jls", false],
  ] as const) {
    // Coded in 16 bits, of which the file says that 12 are stored.
    const coded = { syntax, signed, coded: readFileSync(`${fixtures}${name}`) };
    const whole = await levelsOf({ ...coded, bitsStored: 16 });
    const least = signed ? 32_768 - 2048 : 0;
    assert.ok(whole.some((level) => level > least + 4095) && whole.some((level) => level < least + 2000));
    const expected = whole.map((level) => Math.min(Math.max(level, least), least + 4095) - least);
    assert.deepEqual(await levelsOf({ ...coded, bitsStored: 12 }), expected, name);
  }
});

test("what lies beside the stored bits of samples that were coded without loss is left aside", async () => {
  // By their syntax these lost nothing, so the bits above the twelfth are the file's own.
  for (const [syntax, name] of [
    ["jpeg-2000", "beyond.j2k"],
    ["jpeg-ls", "beyond.jls"],
  ] as const) {
    const coded = { syntax, coded: readFileSync(`${fixtures}${name}`) };
    const whole = await levelsOf({ ...coded, bitsStored: 16 });
    assert.ok(whole.some((level) => level > 4095));
    assert.deepEqual(
      await levelsOf({ ...coded, bitsStored: 12 }),
      whole.map((level) => level & 4095),
      name,
    );
  }
});
