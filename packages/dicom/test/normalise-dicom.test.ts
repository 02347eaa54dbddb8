import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { inspect, type NormalisedFilm } from "@osteon/imaging";
import type { ProblemCode } from "@osteon/shared";
import { codedOf, dicom } from "./support/dicom.js";
import { at, colourFilm, fixture, isRamp, near, read, refused, samples } from "./support/reading.js";

test("a film is read in each byte order, with its VRs and without, of one or two bytes", async () => {
  for (const syntax of ["explicit", "implicit", "big-endian"] as const) await isRamp({ syntax });
  await isRamp({ bitsAllocated: 8, bitsStored: 8 });
  await isRamp({ bitsStored: 16 });
});

test("samples of a byte lie in words or not, in each byte order", async () => {
  // No two neighbours are alike.
  const level = (x: number, y: number) => (x * 37 + y * 11) % 256;
  const options = { bitsAllocated: 8, bitsStored: 8, level } as const;
  const plain = await read(dicom(options));
  for (const vr of ["OB", "OW"] as const)
    for (const syntax of ["explicit", "big-endian"] as const)
      assert.deepEqual(await read(dicom({ ...options, vr, syntax })), plain, `${syntax} ${vr}`);
});

test("every kind of compression gives the same film as none", async () => {
  const plain = await read(dicom());
  for (const name of ["rle", "jpeg-lossless", "jpeg-lossless-sv1", "jpeg-ls", "jpeg-2000", "htj2k"])
    assert.deepEqual(await read(fixture(name)), plain, name);
  assert.deepEqual(await read(fixture("rle-8-bits")), await read(dicom({ bitsAllocated: 8, bitsStored: 8 })));
  const lossy = await read(fixture("jpeg"));
  for (const x of [10, 150, 290]) near(at(lossy, x), (255 * x) / 299, 4);
});

test("MONOCHROME1 is turned round", async () => {
  const film = await read(dicom({ photometric: "MONOCHROME1" }));
  for (const x of [0, 150, 299]) near(at(film, x), 255 - (255 * x) / 299);
});

test("signed levels, bits beside those in use and a high bit elsewhere are understood", async () => {
  await isRamp({ signed: true, level: (x) => Math.round((4095 * x) / 299) - 2048 });
  await isRamp({ signed: true, bitsStored: 16, level: (x) => x * 200 - 30_000 });
  // Overlays were once kept in the bits above.
  await isRamp({ level: (x, y) => Math.round((4095 * x) / 299) | (y % 2 === 0 ? 0xf000 : 0) });
  await isRamp({ highBit: 15, level: (x) => Math.round((4095 * x) / 299) << 4 });
});

test("a baseline JPEG is shown by the same rules as what is not compressed", async () => {
  const coded = codedOf(fixture("jpeg"));
  const jpeg = { syntax: "jpeg", coded, bitsAllocated: 8, bitsStored: 8 } as const;
  const window = await read(dicom({ ...jpeg, window: [128, 64] }));
  assert.deepEqual([at(window, 100), at(window, 200)], [0, 255]);
  near(at(window, 150), 128, 8);
  const padded = await read(dicom({ ...jpeg, padding: 255, paddingLimit: 200 }));
  assert.equal(at(padded, 290), 0);
  near(at(padded, 117), 128, 8);
  const turned = await read(dicom({ ...jpeg, photometric: "MONOCHROME1", padding: 0, paddingLimit: 20 }));
  assert.equal(at(turned, 5), 0);
  near(at(turned, 150), 138, 8);
});

test("a JPEG's EXIF turns no DICOM film", async () => {
  const coded = codedOf(fixture("jpeg"));
  // Orientation 6, as the one entry of a TIFF directory.
  const exif = Buffer.from(
    "ffe10022457869660000 4d4d002a00000008 0001 0112 0003 00000001 00060000 00000000".replaceAll(" ", ""),
    "hex",
  );
  const bytes = { syntax: "jpeg", bitsAllocated: 8, bitsStored: 8 } as const;
  const film = await read(
    dicom({ ...bytes, coded: Buffer.concat([coded.subarray(0, 2), exif, coded.subarray(2)]) }),
  );
  assert.deepEqual(film, await read(fixture("jpeg")));
});

test("a JPEG inside is read that tells a revision of JFIF that there is not", async () => {
  const coded = codedOf(fixture("jpeg"));
  const jfif = Buffer.from("ffe00010 4a46494600 0301 00 00010001 0000".replaceAll(" ", ""), "hex");
  const bytes = { syntax: "jpeg", bitsAllocated: 8, bitsStored: 8 } as const;
  const film = await read(
    dicom({ ...bytes, coded: Buffer.concat([coded.subarray(0, 2), jfif, coded.subarray(2)]) }),
  );
  assert.deepEqual(film, await read(fixture("jpeg")));
});

test("a JPEG inside that is no grey one is damage", async () => {
  const colour = readFileSync(colourFilm);
  const { width, height } = await inspect(colour);
  const film = dicom({
    syntax: "jpeg",
    coded: colour,
    size: [width, height],
    bitsAllocated: 8,
    bitsStored: 8,
  });
  await assert.rejects(read(film), { code: "film-damaged" });
  const png = dicom({
    syntax: "jpeg",
    coded: Buffer.from("\x89PNG\r\n\x1a\n"),
    bitsAllocated: 8,
    bitsStored: 8,
  });
  await assert.rejects(read(png), { code: "film-damaged" });
});

test("the samples of the data are read or refused as its README expects", async () => {
  const expected: Record<string, ProblemCode | [number, number]> = {
    "RG1_J2KI.dcm": [964, 1024],
    "RG3_J2KI.dcm": [1024, 1024],
    "RG3_J2KR.dcm": [1024, 1024],
    "SC_rgb.dcm": "dicom-unsupported",
    "SC_rgb_16bit_2frame.dcm": "dicom-unsupported",
    "US1_J2KI.dcm": "dicom-unsupported",
  };
  const names = readdirSync(samples).filter((name) => name.endsWith(".dcm"));
  assert.deepEqual(names.sort(), Object.keys(expected));
  const films: NormalisedFilm[] = [];
  for (const name of names) {
    const bytes = readFileSync(`${samples}${name}`);
    const outcome = expected[name];
    if (typeof outcome === "string") {
      await refused(bytes, outcome);
      continue;
    }
    const film = await read(bytes);
    assert.deepEqual([film.width, film.height], outcome);
    films.push(film);
  }
  // RG3 with loss and without: the same film. Bones are bright in it, and the air beside the leg is dark.
  const [, lossy, lossless] = films as [NormalisedFilm, NormalisedFilm, NormalisedFilm];
  const apart = lossless.data.reduce((sum, level, i) => sum + Math.abs(level - (lossy.data[i] ?? 0)), 0);
  assert.ok(apart / lossless.data.length < 1, `mean difference ${apart / lossless.data.length}`);
  assert.ok(at(lossless, 490, 450) > at(lossless, 320, 450) + 100);
});
