import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { inspect } from "@osteon/imaging";
import type { ProblemError } from "@osteon/shared";
import { codedOf, dicom, height, width } from "./support/dicom.js";
import { fixture, read, refused } from "./support/reading.js";

test("what is no single grey film is refused by name", async () => {
  await refused(dicom({ modality: "US" }), "dicom-unsupported", /"US" is no X-ray film/);
  await refused(dicom({ modality: 'x"<b>' }), "dicom-unsupported", /"xb"/);
  await refused(dicom({ samples: 3, photometric: "RGB", bitsAllocated: 8 }), "dicom-unsupported", /grey/);
  await refused(dicom({ photometric: "PALETTE COLOR" }), "dicom-unsupported", /grey/);
  await refused(dicom({ frames: 2 }), "film-animated", /one frame/);
  await refused(fixture("jpeg-12-bits"), "dicom-unsupported", /1\.2\.840\.10008\.1\.2\.4\.51/);
  await refused(fixture("deflated"), "dicom-unsupported", /transfer syntax/);
  await refused(dicom({ syntax: "constructor" }), "dicom-unsupported", /"constructor" is not read/);
  await refused(dicom({ bitsStored: 12, highBit: 3 }), "film-damaged");
});

test("a film whose pixels are not square is refused, and one whose file tells nonsense of them is not", async () => {
  for (const [element, values] of [
    ["ratio", "2\\1"],
    ["pixel", "0.15\\0.3"],
    ["imager", "0.2\\0.1"],
    ["scanned", "0.1\\0.11"],
  ] as const)
    await refused(dicom({ aspect: [element, values] }), "dicom-unsupported", /not square/);
  for (const values of ["1\\1", "7\\7", "2", "0\\1", "-2\\1", "a\\1", "1\\"])
    await inspect(dicom({ aspect: ["ratio", values] }));
  await inspect(dicom({ aspect: ["imager", "0.1480\\0.1485"] }));
});

test("a secondary capture is no film, whatever its modality", async () => {
  const capture = "1.2.840.10008.5.1.4.1.1.7";
  for (const kind of ["", ".1", ".2", ".3", ".4"].map((part) => `${capture}${part}`))
    await refused(dicom({ kind, conversion: "WSD" }), "dicom-unsupported", /secondary capture/);
  await refused(dicom({ kind: capture }), "dicom-unsupported", /secondary capture/);
  await inspect(dicom({ modality: "RG", kind: capture, conversion: "DF" }));
  // Digital X-ray, for presentation.
  await inspect(dicom({ modality: "DX", kind: "1.2.840.10008.5.1.4.1.1.1.1" }));
});

test("a header may be long, but not of endless elements", async () => {
  // As an overlay of a large film is, or what a maker keeps for itself.
  await inspect(dicom({ noise: [3, 700_000] }));
  await refused(dicom({ noise: [20_000, 0] }), "dicom-unsupported", /header/);
});

test("a data set that is packed is refused before it is unpacked", async () => {
  const bomb = deflateRawSync(Buffer.alloc(200e6));
  const head = fixture("deflated");
  const meta = head.subarray(0, head.indexOf("1.2.840.10008.1.2.1.99") + 22);
  const before = process.memoryUsage().rss;
  await refused(Buffer.concat([meta, bomb]), "dicom-unsupported", /1\.2\.840\.10008\.1\.2\.1\.99/);
  assert.ok(process.memoryUsage().rss - before < 50e6);
});

test("what follows the picture, and a last delimiter that is missing, cost no film", async () => {
  const plain = await read(dicom());
  for (const name of ["rle", "jpeg-ls"]) {
    assert.deepEqual(await read(Buffer.concat([fixture(name), Buffer.from([0])])), plain);
    assert.deepEqual(await read(fixture(name).subarray(0, -8)), plain);
  }
});

test("a picture of endless fragments is refused", async () => {
  const film = fixture("jpeg");
  const empty = Buffer.from([0xfe, 0xff, 0, 0xe0, 0, 0, 0, 0]);
  const at = film.lastIndexOf(Buffer.from([0xfe, 0xff, 0xdd, 0xe0]));
  const many = Buffer.concat([film.subarray(0, at), ...Array<Buffer>(20_000).fill(empty), film.subarray(at)]);
  await refused(many, "film-damaged");
});

test("a picture that claims another size within than without is not decoded", async () => {
  for (const name of ["jpeg", "jpeg-2000", "htj2k", "jpeg-ls", "jpeg-lossless"]) {
    const bytes = fixture(name);
    // Rows, in the file around it.
    const rows = bytes.indexOf(Buffer.from([0x28, 0, 0x10, 0, 0x55, 0x53, 2, 0]));
    bytes.writeUInt16LE(250, rows + 8);
    await assert.rejects(read(bytes), { code: "film-damaged" });
  }
});

test("a picture that claims more components than its file is not decoded", async () => {
  /** The picture with other bytes at an offset, and what else is put before it. */
  const changed = (name: string, at: number, bytes: number[], before: number[] = []) => {
    const coded = Buffer.from(codedOf(fixture(name)));
    Buffer.from(bytes).copy(coded, at);
    return Buffer.concat([coded.subarray(0, 2), Buffer.from(before), coded.subarray(2)]);
  };
  const frameOf = (marker: number, components: number) => [
    ...[0xff, marker, 0, 8 + 3 * components, 12, height >> 8, height & 255, width >> 8, width & 255],
    components,
    ...Array.from({ length: components }, (_, at) => [at + 1, 0x11, 0]).flat(),
  ];
  const cases: [syntax: "jpeg-lossless" | "jpeg-ls" | "jpeg-2000" | "htj2k", coded: Buffer, why: RegExp][] = [
    ["jpeg-ls", changed("jpeg-ls", 2, [], frameOf(0xf7, 3)), /not one component/],
    ["jpeg-ls", changed("jpeg-ls", 2, [], frameOf(0xf7, 1)), /two frames/],
    // What a walk that knows no fill bytes does not see.
    ["jpeg-ls", changed("jpeg-ls", 2, [], [0xff, ...frameOf(0xf7, 3)]), /not one component/],
    ["jpeg-lossless", changed("jpeg-lossless", 20, [], frameOf(0xc0, 1)), /a segment c0/],
    ["jpeg-lossless", changed("jpeg-lossless", 20, [], frameOf(0xc3, 3)), /not one component/],
    // A decoder that takes no length here finds the frame inside.
    [
      "jpeg-lossless",
      changed("jpeg-lossless", 20, [], [0xff, 0xf0, 0, 15, ...frameOf(0xc3, 1)]),
      /a segment f0/,
    ],
    ["jpeg-2000", changed("jpeg-2000", 40, [0x40, 0]), /not one component/],
    ["jpeg-2000", changed("jpeg-2000", 43, [2, 2]), /not one component/],
    ["htj2k", changed("htj2k", 40, [0x40, 0]), /not one component/],
    ["htj2k", changed("htj2k", 43, [2, 2]), /not one component/],
  ];
  for (const [syntax, coded, why] of cases)
    await assert.rejects(read(dicom({ syntax, coded })), (error: ProblemError) => {
      assert.equal(error.code, "film-damaged");
      assert.match(String(error.cause), why);
      return true;
    });
  for (const name of ["jpeg-ls", "jpeg-lossless"] as const) {
    // Fill bytes, which may stand before any marker: the decoder of lossless JPEG takes them in pairs.
    const coded = changed(name, 2, [], [0xff, 0xff]);
    assert.deepEqual(await read(dicom({ syntax: name, coded })), await read(dicom()), name);
  }
});
