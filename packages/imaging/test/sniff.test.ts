import assert from "node:assert/strict";
import { test } from "node:test";
import { sniff } from "../src/sniff.js";
import { picture, tiff } from "./support/pictures.js";

test("content decides the media type", async () => {
  assert.equal(sniff(await picture().jpeg().toBuffer()), "image/jpeg");
  assert.equal(sniff(await picture().png().toBuffer()), "image/png");
  assert.equal(sniff(await picture().webp().toBuffer()), "image/webp");
  for (const big of [false, true]) {
    for (const littleEndian of [false, true]) assert.equal(sniff(tiff({ big, littleEndian })), "image/tiff");
  }
  const dicom = Buffer.alloc(200);
  dicom.write("DICM", 128);
  assert.equal(sniff(dicom), "application/dicom");
});

test("other content is undefined, however short", async () => {
  for (const bytes of ["", "\xff", "\xff\xd8", "hello", "RIFF0000WAVE", "GIF89a", "II*", "D".repeat(131)]) {
    assert.equal(sniff(Buffer.from(bytes, "latin1")), undefined);
  }
});
