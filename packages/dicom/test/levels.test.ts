import assert from "node:assert/strict";
import { test } from "node:test";
import { dicom } from "./support/dicom.js";
import { at, isRamp, near, read } from "./support/reading.js";

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
