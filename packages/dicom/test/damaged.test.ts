import assert from "node:assert/strict";
import { test } from "node:test";
import { filmLimits } from "@osteon/imaging";
import type { ProblemError } from "@osteon/shared";
import { normaliseDicom } from "../src/index.js";
import { codedOf, dicom, height, width } from "./support/dicom.js";
import { endMarker, fixture, gaps, read, refused } from "./support/reading.js";

test("a film that is cut off is damaged wherever its picture ends, and refused at the door", async () => {
  for (const whole of [dicom(), fixture("rle"), fixture("jpeg-ls"), fixture("jpeg-lossless")])
    for (const share of [0.1, 0.3, 0.6, 0.9])
      await refused(whole.subarray(0, Math.floor(share * whole.length)), "film-damaged");
  for (const bytes of [132, 200, 300]) await refused(dicom().subarray(0, bytes), "dicom-unsupported");
  const magic = Buffer.concat([Buffer.alloc(128), Buffer.from("DICM")]);
  for (const level of [0, 7, 255])
    await refused(Buffer.concat([magic, Buffer.alloc(600, level)]), "dicom-unsupported");
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
