import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";
import { filmLimits, inspect, type NormalisedFilm } from "@osteon/imaging";
import type { ProblemCode, ProblemError } from "@osteon/shared";
import { normaliseDicom } from "../src/index.js";
import { codedOf, type DicomOptions, dicom, height, width } from "./support/dicom.js";

const fixtures = fileURLToPath(new URL("../../test/fixtures/", import.meta.url));
const samples = fileURLToPath(new URL("../../../../../shared/data/dicom/", import.meta.url));

/** A film that was kept in colour. */
const films = fileURLToPath(
  new URL("../../../../../shared/data/fracatlas/images/IMG0000000.jpg", import.meta.url),
);

const fixture = (name: string) => readFileSync(`${fixtures}${name}.dcm`);
const endMarker = Buffer.from([0xff, 0xd9]);
const read = (bytes: Uint8Array) => normaliseDicom(bytes, filmLimits);
const at = (film: NormalisedFilm, x: number, y = 100) => film.data[y * film.width + x] ?? Number.NaN;
/** Parts of so many bytes that may be missing: all from a point on, and a fragment in the middle. */
const gaps = (bytes: number): [from: number, to: number][] => [
  [bytes >> 1, bytes],
  [Math.floor(0.95 * bytes), bytes],
  [Math.floor(0.4 * bytes), Math.floor(0.5 * bytes)],
];
const near = (actual: number, expected: number, tolerance = 2) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} ± ${tolerance}`);

async function isRamp(options: DicomOptions): Promise<void> {
  const film = await read(dicom(options));
  assert.deepEqual([film.width, film.height], [width, height]);
  for (const x of [0, 75, 150, 225, 299]) near(at(film, x), (255 * x) / 299);
}

const refused = (bytes: Uint8Array, code: ProblemCode, detail?: RegExp) =>
  assert.rejects(inspect(bytes), (error: { code: string; detail: string }) => {
    assert.equal(error.code, code, error.detail);
    if (detail !== undefined) assert.match(error.detail, detail);
    return true;
  });

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

test("what is no part of the film is black, whichever way round", async () => {
  const level = (x: number) => (x < 30 ? 4095 : Math.round((2000 * (x - 30)) / 269));
  const film = await read(dicom({ padding: 4095, level }));
  assert.deepEqual([at(film, 10), at(film, 299)], [0, 255]);
  // A level that no sample can have stands for none.
  for (const options of [
    { padding: 65_535 },
    { padding: 0x8000, signed: true, level: (x: number) => x * 10 - 1495 },
  ]) {
    const whole = await read(dicom(options));
    near(at(whole, 150), 128, 4);
    assert.equal(at(whole, 299), 255);
  }
  const turned = await read(
    dicom({ padding: 0, photometric: "MONOCHROME1", level: (x) => (x < 30 ? 0 : 100 + x) }),
  );
  assert.deepEqual([at(turned, 10), at(turned, 31)], [0, 255]);
});

test("padding takes no part of the window, whatever it and outliers beside it are", async () => {
  // A third of the film is padding, and of the rest fewer than the window cuts off lie far beside the others.
  const level = (x: number, y: number) => (x < 100 ? 0 : y < 1 ? 5 : 20_000 + 10 * x);
  const high = (x: number, y: number) => 65_535 - level(x, y);
  for (const [options, expected] of [
    [{ padding: 0, level }, (x: number) => (255 * (x - 100)) / 199],
    [{ padding: 65_535, level: high, photometric: "MONOCHROME1" }, (x: number) => (255 * (x - 100)) / 199],
    [{ padding: 65_535, level: high }, (x: number) => (255 * (299 - x)) / 199],
  ] as const) {
    const film = await read(dicom({ bitsStored: 16, ...options }));
    assert.equal(at(film, 50), 0);
    for (const x of [110, 150, 200, 290]) near(at(film, x), expected(x), 3);
  }
  const nothing = await read(dicom({ padding: 700, level: () => 700, photometric: "MONOCHROME1" }));
  assert.ok(nothing.data.every((each) => each === 0));
});

test("padding is all that lies between its level and its limit, whichever is the greater", async () => {
  const level = (x: number) => (x < 60 ? x : 1000 + x);
  for (const [padding, paddingLimit] of [
    [0, 63],
    [63, 0],
  ] as const) {
    const film = await read(dicom({ padding, paddingLimit, level }));
    assert.deepEqual([at(film, 0), at(film, 59), at(film, 60)], [0, 0, 0]);
    near(at(film, 180), 128, 3);
  }
  const signed = { signed: true, padding: -2048, paddingLimit: -1989 };
  const film = await read(dicom({ ...signed, level: (x) => level(x) - 2048 }));
  near(at(film, 180), 128, 3);
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
  const colour = readFileSync(films);
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

test("the file's window counts where it narrows the levels in use, and no other", async () => {
  const film = await read(dicom({ window: [2048, 1024] }));
  assert.deepEqual([at(film, 50), at(film, 250)], [0, 255]);
  near(at(film, 150), 128, 3);
  // In the units that a rescale gives: the same levels.
  const rescaled = await read(dicom({ window: [20_480 + 100, 10_240], rescale: [10, 100] }));
  assert.deepEqual([at(rescaled, 50), at(rescaled, 250)], [0, 255]);
  for (const window of [
    [2048, 60_000],
    [50_000, 100],
    [2048, 2],
  ] as const)
    await isRamp({ window });
});

test("the file's table bends the levels, in each way that it is written, and goes before a window", async () => {
  const values = Array.from({ length: 4096 }, (_, level) => Math.round(65_535 * (level / 4095) ** 2));
  for (const syntax of ["explicit", "implicit", "big-endian"] as const)
    for (const open of [false, true]) {
      const film = await read(dicom({ syntax, table: { first: 0, values, open }, window: [2048, 1024] }));
      for (const x of [0, 75, 150, 225, 299]) near(at(film, x), 255 * (x / 299) ** 2, 3);
    }
  // Levels below zero, and those that a rescale makes.
  const signed = { signed: true, level: (x: number) => Math.round((4095 * x) / 299) - 2048 };
  near(at(await read(dicom({ ...signed, table: { first: -2048, values } })), 150), 64, 3);
  near(at(await read(dicom({ rescale: [1, -1024], table: { first: -1024, values } })), 150), 64, 3);
});

test("a table of bytes is read in each byte order, of an odd length and with a byte in each word", async () => {
  const share = (level: number) => (level / 4095) ** 2;
  const values = Array.from({ length: 4096 }, (_, level) => Math.round(255 * share(level)));
  for (const syntax of ["explicit", "implicit", "big-endian"] as const) {
    const film = await read(dicom({ syntax, table: { first: 0, values, bits: 8 } }));
    for (const x of [0, 75, 150, 225, 299]) near(at(film, x), 255 * share((4095 * x) / 299), 3);
  }
  const odd = await read(dicom({ table: { first: 0, values: values.slice(0, 4095), bits: 8 } }));
  near(at(odd, 150), 64, 3);
  const wide = dicom({ table: { first: 0, values } });
  wide.writeUInt16LE(8, wide.indexOf(Buffer.from([0x28, 0, 0x02, 0x30])) + 12);
  near(at(await read(wide), 150), 64, 3);
});

test("a rescale that falls turns the film round, and its window and tables with it", async () => {
  const rescale = [-1, 4095] as const;
  const falls = (x: number) => 255 - (255 * x) / 299;
  const plain = await read(dicom({ rescale }));
  for (const x of [0, 75, 299]) near(at(plain, x), falls(x));
  const twice = await read(dicom({ rescale, photometric: "MONOCHROME1" }));
  for (const x of [0, 75, 299]) near(at(twice, x), 255 - falls(x));
  // In rescaled units from 2,500 to 3,500: in stored levels from 595 to 1,595.
  const window = await read(dicom({ rescale, window: [3000, 1000] }));
  assert.deepEqual([at(window, 30), at(window, 130)], [255, 0]);
  near(at(window, 80), 128, 3);
  const values = Array.from({ length: 4096 }, (_, level) => Math.round(65_535 * (level / 4095) ** 2));
  const table = await read(dicom({ rescale, table: { first: 0, values } }));
  for (const x of [0, 75, 150, 225, 299]) near(at(table, x), 255 * (1 - x / 299) ** 2, 3);
  const sigmoid = await read(dicom({ rescale, window: [3000, 1000], windowFunction: "SIGMOID" }));
  near(at(sigmoid, 80), 128, 3);
  assert.ok(at(sigmoid, 40) > 200 && at(sigmoid, 120) < 55);
  const padded = await read(dicom({ rescale, padding: 4095, level: (x) => (x < 30 ? 4095 : 1000 + x * 5) }));
  assert.deepEqual([at(padded, 10), at(padded, 31), at(padded, 299)], [0, 255, 0]);
});

test("the modality's table goes before a window, a sigmoid and a table, and shows the film where it is alone", async () => {
  const range = (value: (level: number) => number) => ({
    first: 0,
    values: Array.from({ length: 4096 }, (_, level) => Math.round(65_535 * value(level / 4095))),
  });
  const modalityTable = range(Math.sqrt);
  const alone = await read(dicom({ modalityTable }));
  // The window over the levels in use cuts a column off at either end.
  const root = (x: number) => Math.sqrt(Math.min(Math.max(x, 1), 298) / 299);
  for (const x of [0, 75, 150, 299]) near(at(alone, x), (255 * (root(x) - root(1))) / (root(298) - root(1)));
  // The square of the root: as stored.
  const square = {
    first: 0,
    values: Array.from({ length: 65_536 }, (_, value) => Math.round(value ** 2 / 65_536)),
  };
  const both = await read(dicom({ modalityTable, table: { ...square, values: square.values.slice(0, -1) } }));
  for (const x of [0, 75, 150, 299]) near(at(both, x), (255 * x) / 299, 3);
  // From a half to the whole of the table's range: from a quarter of the levels on.
  const window = await read(dicom({ modalityTable, window: [49_152, 32_768] }));
  assert.equal(at(window, 70), 0);
  near(at(window, 168), 255 * (Math.sqrt(168 / 299) * 2 - 1), 3);
  const sigmoid = await read(dicom({ modalityTable, window: [32_768, 16_384], windowFunction: "SIGMOID" }));
  near(at(sigmoid, 75), 128, 4);
  assert.ok(at(sigmoid, 30) < 60 && at(sigmoid, 150) > 215);
  const falling = await read(dicom({ modalityTable: range((share) => 1 - share), window: [49_152, 32_768] }));
  assert.deepEqual([at(falling, 0), at(falling, 155)], [255, 0]);
  near(at(falling, 75), 128, 3);
});

test("a window beside a modality's table that does not count counts", async () => {
  // Nearly level over the film's range.
  const values = Array.from({ length: 4096 }, (_, level) => 30_000 + level);
  const modalityTable = { first: 0, values: [...values, ...Array.from({ length: 2000 }, () => 65_535)] };
  const film = await read(dicom({ modalityTable, window: [32_048, 1024] }));
  assert.deepEqual([at(film, 50), at(film, 250)], [0, 255]);
  near(at(film, 150), 128, 4);
});

test("a table that falls turns the film round, and what else turns it turns it back", async () => {
  const values = Array.from({ length: 4096 }, (_, level) => Math.round(65_535 * (1 - level / 4095) ** 2));
  const table = { first: 0, values };
  const shown = (x: number) => 255 * (1 - x / 299) ** 2;
  const rescale = [-1, 4095] as const;
  for (const [options, expected] of [
    [{}, shown],
    [{ window: [2048, 1024] }, shown],
    [{ photometric: "MONOCHROME1" }, (x: number) => 255 - shown(x)],
    [{ rescale }, (x: number) => shown(299 - x)],
    [{ rescale, photometric: "MONOCHROME1" }, (x: number) => 255 - shown(299 - x)],
  ] as const) {
    const film = await read(dicom({ table, ...options }));
    for (const x of [0, 75, 150, 225, 299]) near(at(film, x), expected(x), 3);
  }
  const level = (x: number) => (x < 30 ? 4095 : 1000 + x * 5);
  const padded = await read(dicom({ table, padding: 4095, level }));
  assert.deepEqual([at(padded, 10), at(padded, 31), at(padded, 299)], [0, 255, 0]);
  // Those that bend nothing: not steady, and nearly level.
  for (const bend of [(each: number) => each - (each & 512), (each: number) => 60_000 + (each >> 5)]) {
    const film = await read(dicom({ table: { first: 0, values: values.map(bend) } }));
    for (const x of [0, 75, 150, 225, 299]) near(at(film, x), 255 - (255 * x) / 299);
  }
});

test("a table that rises, but for its last levels, turns nothing round", async () => {
  const values = Array.from({ length: 4096 }, (_, level) => (level > 4050 ? 0 : level * 16));
  const film = await read(dicom({ table: { first: 0, values } }));
  for (const x of [0, 75, 150, 225, 299]) near(at(film, x), (255 * x) / 299);
});

test("a window beside a table that does not count counts", async () => {
  const values = Array.from({ length: 4096 }, () => 7);
  const film = await read(dicom({ window: [2048, 1024], table: { first: 0, values } }));
  assert.deepEqual([at(film, 50), at(film, 250)], [0, 255]);
  near(at(film, 150), 128, 3);
});

test("a sigmoid window bends the levels", async () => {
  const film = await read(dicom({ window: [2048, 2048], windowFunction: "SIGMOID" }));
  const sigmoid = (x: number) => 1 / (1 + Math.exp((-4 * ((4095 * x) / 299 - 2048)) / 2048));
  const share = (x: number) => (sigmoid(x) - sigmoid(0)) / (sigmoid(299) - sigmoid(0));
  for (const x of [0, 75, 110, 150, 225, 299]) near(at(film, x), 255 * share(x), 3);
});

test("an exact linear window lies evenly about its centre, and like a sigmoid may be narrower than one", async () => {
  const level = (x: number) => 10 * x;
  const film = await read(
    dicom({ level, rescale: [0.001, 0], window: [1.5, 2], windowFunction: "LINEAR_EXACT" }),
  );
  assert.deepEqual([at(film, 50), at(film, 250)], [0, 255]);
  assert.ok(at(film, 51) > 0 && at(film, 249) < 255);
  near(at(film, 150), 127.5, 0.5);
  const narrow = { level, rescale: [0.001, 0], window: [1.5, 0.5] } as const;
  const exact = await read(dicom({ ...narrow, windowFunction: "LINEAR_EXACT" }));
  assert.deepEqual([at(exact, 125), at(exact, 175)], [0, 255]);
  const sigmoid = await read(dicom({ ...narrow, windowFunction: "SIGMOID" }));
  near(at(sigmoid, 162), 255 / (1 + Math.exp(-4 * 0.24)), 3);
});

test("a table that goes both ways, tells nothing apart, is too short or lies beside the levels counts for nothing", async () => {
  const rising = Array.from({ length: 4096 }, (_, level) => level * 16);
  for (const table of [
    { first: 0, values: rising.map((value, level) => value - (level % 100)) },
    { first: 0, values: rising.map(() => 7) },
    { first: 20_000, values: rising },
    { first: 0, values: [] },
  ])
    await isRamp({ table });
  const cut = dicom({ table: { first: 0, values: rising } });
  // The descriptor claims more entries than there are.
  cut.writeUInt16LE(5000, cut.indexOf(Buffer.from([0x28, 0, 0x02, 0x30])) + 8);
  near(at(await read(cut), 150), 128, 3);
});

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

test("a film that is cut off is damaged wherever its picture ends, and refused at the door", async () => {
  for (const whole of [dicom(), fixture("rle"), fixture("jpeg-ls"), fixture("jpeg-lossless")])
    for (const share of [0.1, 0.3, 0.6, 0.9])
      await refused(whole.subarray(0, Math.floor(share * whole.length)), "film-damaged");
  for (const bytes of [132, 200, 300]) await refused(dicom().subarray(0, bytes), "dicom-unsupported");
  const magic = Buffer.concat([Buffer.alloc(128), Buffer.from("DICM")]);
  for (const level of [0, 7, 255])
    await refused(Buffer.concat([magic, Buffer.alloc(600, level)]), "dicom-unsupported");
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

test("a lossless JPEG that ends within its scan, or lacks some of it, is damaged, and padding behind its end is not", async () => {
  for (const name of ["jpeg-lossless", "jpeg-lossless-sv1"]) {
    const coded = codedOf(fixture(name));
    const film = (...parts: Uint8Array[]) =>
      read(dicom({ syntax: "jpeg-lossless", coded: Buffer.concat(parts) }));
    const end = coded.lastIndexOf(endMarker);
    for (const length of [coded.length >> 1, Math.floor(0.95 * coded.length), end])
      await assert.rejects(film(coded.subarray(0, length)), { code: "film-damaged" }, `${name} ${length}`);
    for (const [from, to] of gaps(end)) {
      const lost = film(coded.subarray(0, from), coded.subarray(to));
      await assert.rejects(lost, { code: "film-damaged" }, `${name} ${from} to ${to}`);
    }
    const padded = Buffer.concat([coded.subarray(0, end + 2), Buffer.alloc(9)]);
    assert.deepEqual(await film(padded), await read(dicom()), name);
  }
});

test("a JPEG-LS that ends within its scan is damaged, and padding behind its end is not", async () => {
  const coded = codedOf(fixture("jpeg-ls"));
  const film = (picture: Uint8Array) => read(dicom({ syntax: "jpeg-ls", coded: picture }));
  const whole = await film(coded);
  assert.deepEqual(await film(Buffer.concat([coded, Buffer.alloc(64)])), whole);
  for (const length of [coded.length >> 1, coded.length - 40])
    await assert.rejects(film(coded.subarray(0, length)), { code: "film-damaged" }, `${length}`);
});

test("however many damaged films a codec fails at, the next is read", async () => {
  const film = fixture("jpeg-ls");
  const plain = await read(film);
  const broken = Buffer.from(film);
  const middle = broken.indexOf(codedOf(film)) + (codedOf(film).length >> 1);
  broken.fill(0xff, middle, middle + 2);
  for (let count = 0; count < 320; count++) await assert.rejects(read(broken), { code: "film-damaged" });
  assert.deepEqual(await read(film), plain);
});

test("an HTJ2K picture that ends before its end, or lacks some of it, is damaged, and padding behind its end is not", async () => {
  const coded = codedOf(fixture("htj2k"));
  const film = (...parts: Uint8Array[]) => read(dicom({ syntax: "htj2k", coded: Buffer.concat(parts) }));
  const end = coded.lastIndexOf(endMarker);
  for (const length of [50, coded.length >> 1, Math.floor(0.95 * coded.length), end])
    await assert.rejects(film(coded.subarray(0, length)), { code: "film-damaged" }, `${length}`);
  for (const [from, to] of gaps(end)) {
    const lost = film(coded.subarray(0, from), coded.subarray(to));
    await assert.rejects(lost, { code: "film-damaged" }, `${from} to ${to}`);
  }
  assert.deepEqual(
    await film(Buffer.concat([coded.subarray(0, end + 2), Buffer.alloc(9)])),
    await read(dicom()),
  );
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

test("what would keep a decoder busy for hours ends: at once, as damaged, where that can be seen, else when its time is over", async () => {
  const coded = codedOf(fixture("jpeg-lossless"));
  const scan = coded.indexOf(Buffer.from([0xff, 0xda]));
  const restarts = Buffer.from([0xff, 0xdd, 0, 4, 0xff, 0xff]);
  const header = (samples: number, tables: Uint8Array) =>
    Buffer.concat([
      Buffer.from([0xff, 0xd8, 0xff, 0xc3, 0, 11, 16, height >> 8, height & 255, width >> 8, width & 255]),
      Buffer.from([1, 1, samples, 0]),
      tables,
      restarts,
    ]);
  const film = (...parts: Uint8Array[]) => dicom({ syntax: "jpeg-lossless", coded: Buffer.concat(parts) });
  const table = coded.subarray(coded.indexOf(Buffer.from([0xff, 0xc4])), scan);
  const data = Buffer.concat([
    coded.subarray(scan, scan + 10),
    Buffer.alloc(150_000, Buffer.from([0, 0xff, 0xd0])),
    Buffer.from([0xff, 0xd9]),
  ]);
  for (const [bytes, why] of [
    [film(header(0xff, table), data), /several samples/],
    [film(header(0x11, Buffer.alloc(0)), data), /Huffman/],
  ] as const)
    await assert.rejects(read(bytes), (error: ProblemError) => {
      assert.equal(error.code, "film-damaged");
      assert.match(String(error.cause), why);
      return true;
    });
  // Of as many codes as there can be; each segment, also one without a table, builds all of them again.
  const full = (name: number) =>
    Buffer.concat([
      Buffer.from([0xff, 0xc4, 0x08, 0x0b, name]),
      Buffer.alloc(8, 255),
      Buffer.alloc(8),
      Buffer.alloc(8 * 255),
    ]);
  const again = Buffer.alloc(400_000, Buffer.from([0xff, 0xc4, 0, 2]));
  const bomb = film(coded.subarray(0, 20), ...[0, 1, 2, 3].map(full), again, coded.subarray(20));
  await assert.rejects(
    normaliseDicom(bomb, filmLimits, () => 300),
    (error: ProblemError) => {
      assert.match(String(error.cause), /not decoded in 300 ms/);
      return true;
    },
  );
  assert.deepEqual(await read(fixture("jpeg-lossless")), await read(dicom()), "other films go on");
});

test("a film whose time is over is not said to be damaged, but may be tried again: the machine may be busy", async () => {
  await assert.rejects(
    normaliseDicom(fixture("jpeg-lossless"), filmLimits, () => 1),
    (error: ProblemError) => {
      assert.deepEqual([error.code, error.retryable], ["processing-failed", true]);
      return true;
    },
  );
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
