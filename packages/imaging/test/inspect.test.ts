import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { ProblemCode } from "@osteon/shared";
import sharp from "sharp";
import { filmLimits, inspect, normalise } from "../src/index.js";
import { walkPng } from "../src/structure/png.js";
import { films } from "./support/paths.js";
import { bomb, gradient, picture, tiff, withChunk } from "./support/pictures.js";

const refused = (bytes: Uint8Array, code: ProblemCode, detail?: RegExp) =>
  assert.rejects(inspect(bytes), (error: { code: string; detail: string }) => {
    assert.equal(error.code, code, error.detail);
    if (detail !== undefined) assert.match(error.detail, detail);
    return true;
  });

const encodings = {
  "baseline JPEG": () => picture().jpeg({ progressive: false }).toBuffer(),
  "progressive JPEG": () => picture().jpeg({ progressive: true }).toBuffer(),
  PNG: () => picture().png().toBuffer(),
  "interlaced PNG": () => picture().png({ progressive: true }).toBuffer(),
  "lossy WebP": () => picture().webp().toBuffer(),
  "lossless WebP": () => picture().webp({ lossless: true }).toBuffer(),
  "striped TIFF": () => picture().tiff().toBuffer(),
  "tiled TIFF": () => picture().tiff({ tile: true, compression: "deflate" }).toBuffer(),
  BigTIFF: async () => tiff({ big: true }),
  "big-endian TIFF": async () => tiff({ littleEndian: false }),
};

test("tells type, size and length", async () => {
  const bytes = await picture(300, 260).webp().toBuffer();
  assert.deepEqual(await inspect(bytes), {
    contentType: "image/webp",
    width: 300,
    height: 260,
    bytes: bytes.length,
  });
});

test("applies the EXIF orientation to the size", async () => {
  const bytes = await picture(300, 260).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const { width, height } = await inspect(bytes);
  assert.deepEqual([width, height], [260, 300]);
});

for (const [name, encode] of Object.entries(encodings)) {
  test(`a whole ${name} passes, a truncated one is damaged wherever it ends`, async () => {
    const bytes = await encode();
    await inspect(bytes);
    for (let percent = 1; percent < 100; percent += 7) {
      const length = Math.max(Math.floor((bytes.length * percent) / 100), 16);
      await refused(bytes.subarray(0, length), "film-damaged");
    }
    await refused(bytes.subarray(0, bytes.length - 1), "film-damaged");
  });
}

test("every real film passes that is large enough", async () => {
  // Sorted, so that the same ones are taken everywhere: one of the films is too small.
  for (const name of (await readdir(films)).sort().filter((_, i) => i % 97 === 0)) {
    const bytes = await readFile(join(films, name));
    await inspect(bytes);
    await refused(bytes.subarray(0, bytes.length >> 1), "film-damaged");
  }
});

test("padding and junk behind a JPEG are tolerated", async () => {
  const bytes = await picture().jpeg().toBuffer();
  await inspect(Buffer.concat([bytes, Buffer.alloc(4096)]));
  await inspect(Buffer.concat([bytes, Buffer.from("some archive wrote this")]));
});

test("nothing is an empty body", () => refused(new Uint8Array(), "body-empty"));

test("other content is an unsupported media type, named where it can be", async () => {
  await refused(Buffer.from("I am a text file named hand.jpg"), "media-type-unsupported", /none of them/);
  await refused(await picture().gif().toBuffer(), "media-type-unsupported", /GIF/);
  await refused(Buffer.from("BM0000000000000000"), "media-type-unsupported", /BMP/);
  await refused(Buffer.from("%PDF-1.7 and so on"), "media-type-unsupported", /PDF/);
  await refused(Buffer.from("\0\0\0\x18ftypheic\0\0\0\0", "latin1"), "media-type-unsupported", /HEIF/);
  await refused(tiff({ bits: 12 }), "media-type-unsupported", /12 bits/);
  for (const photometric of [4, 8, 32803])
    await refused(
      tiff({ photometric }),
      "media-type-unsupported",
      new RegExp(`interpretation ${photometric} `),
    );
});

test("a TIFF whose samples the decoder would take for others, or cannot read, is refused", async () => {
  /** YCbCrSubSampling: two numbers in one field. */
  const whole = [530, 3, 0x1_0001] as const;
  for (const compression of [1, 5, 8])
    await refused(
      tiff({ photometric: 6, compression, samples: 3, odd: [whole] }),
      "media-type-unsupported",
      /YCbCr/,
    );
  await refused(
    tiff({ samples: 3, photometric: 2, tile: 304, odd: [[284, 3, 2]] }),
    "media-type-unsupported",
    /separate planes/,
  );
  await inspect(tiff({ tile: 304, odd: [[284, 3, 2]] }));
  const inks = [332, 3, 2] as const;
  for (const options of [{ photometric: 2 }, { photometric: 5, samples: 4, odd: [inks] }])
    await refused(tiff(options), "media-type-unsupported", /no grey, RGB or CMYK/);
  for (const photometric of [1, 3])
    await refused(tiff({ photometric, samples: 3 }), "media-type-unsupported", /several samples/);
});

test("of a TIFF what the decoder is not built with is refused, and what it is built with is read", async () => {
  const kinds = { none: 1, lzw: 5, jpeg: 7, deflate: 8, packbits: 32773 } as const;
  for (const compression of Object.keys(kinds) as (keyof typeof kinds)[]) {
    const bytes = await picture().tiff({ compression }).toBuffer();
    await inspect(bytes);
    await normalise(bytes);
  }
  // Old JPEG, WebP, LZMA, Zstandard, JPEG 2000.
  for (const compression of [6, 50001, 34925, 50000, 34712])
    await refused(
      tiff({ compression }),
      "media-type-unsupported",
      new RegExp(`compression ${compression} is not read`),
    );
});

test("DICOM is told apart", async () => {
  const dicom = Buffer.alloc(200);
  dicom.write("DICM", 128);
  await refused(dicom, "dicom-unsupported", /header/);
});

test("a side below 224 pixels is too small", async () => {
  await inspect(await picture(224, 224).png().toBuffer());
  await refused(await picture(223, 400).png().toBuffer(), "film-too-small", /223 × 400.*224/);
  await refused(await picture(400, 223).jpeg().toBuffer(), "film-too-small");
  await inspect(await picture(100, 100).png().toBuffer(), { ...filmLimits, minimumSide: 100 });
});

test("a decompression bomb is refused from its header", async () => {
  await refused(bomb(40_000, 40_000), "film-too-many-pixels", /40000 × 40000/);
  await refused(bomb(8_001, 4_000), "film-too-many-pixels");
});

test("a TIFF that claims giant tiles or a hundred samples a pixel is refused from its header", async () => {
  await inspect(tiff({ tile: 304 }));
  await refused(tiff({ tile: 40_000 }), "film-damaged");
  await refused(tiff({ samples: 100 }), "media-type-unsupported", /several samples/);
});

test("a file above the limit is too large", () =>
  assert.rejects(inspect(bomb(300, 300), { ...filmLimits, maximumBytes: 50 }), { code: "film-too-large" }));

test("animations and several pages are refused", async () => {
  const frame = { raw: { width: 300, height: 520, channels: 1, pageHeight: 260 } } as const;
  await refused(await sharp(gradient(300, 520), frame).webp({ loop: 0 }).toBuffer(), "film-animated");
  await refused(withChunk(await picture().png().toBuffer(), "acTL", Buffer.alloc(8)), "film-animated");
  await refused(tiff({ pages: 2 }), "film-animated");
  await refused(tiff({ pages: 70 }), "film-animated");
  await refused(tiff({ pages: 2, big: true }), "film-animated");
});

test("a TIFF may carry a thumbnail of its page", async () => {
  await inspect(tiff({ pages: 2, subfileType: 1 }));
});

test("kinds of JPEG that decoders do not read are refused before they are accepted, by name", async () => {
  const jpeg = await picture().jpeg({ progressive: false }).toBuffer();
  const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  const changed = (at: number, value: number) => {
    const bytes = Buffer.from(jpeg);
    bytes[at] = value;
    return bytes;
  };
  await refused(changed(frame + 4, 12), "media-type-unsupported", /12 bits/);
  await refused(changed(frame + 1, 0xc3), "media-type-unsupported", /lossless/);
  await refused(changed(frame + 1, 0xf7), "media-type-unsupported", /JPEG-LS/);
});

test("a progressive JPEG of hundreds of scans is refused: each costs a pass over its pixels", async () => {
  const jpeg = await picture().jpeg({ progressive: true }).toBuffer();
  const last = jpeg.lastIndexOf(Buffer.from([0xff, 0xda]));
  const scan = jpeg.subarray(last, jpeg.length - 2);
  const many = (scans: number) =>
    Buffer.concat([jpeg.subarray(0, -2), ...Array<Buffer>(scans).fill(scan), jpeg.subarray(-2)]);
  await inspect(many(20));
  await refused(many(100), "media-type-unsupported", /64 scans/);
  // An end marker within a comment is none.
  const comment = Buffer.from([0xff, 0xfe, 0, 4, 0xff, 0xd9]);
  const first = jpeg.indexOf(Buffer.from([0xff, 0xda]), jpeg.indexOf(Buffer.from([0xff, 0xda])) + 2);
  await refused(
    Buffer.concat([many(100).subarray(0, first), comment, many(100).subarray(first)]),
    "media-type-unsupported",
    /64 scans/,
  );
});

test("a PNG whose picture is not as it was written is refused; what a viewer passes over may be damaged", async () => {
  const png = await picture().png({ palette: true }).toBuffer();
  const changed = (type: string, by: number) => {
    const bytes = Buffer.from(png);
    const at = bytes.indexOf(type, 0, "latin1") + by;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return bytes;
  };
  // The last of them is the sum itself: an IHDR is always as long.
  for (const [type, by] of [
    ["IDAT", 40],
    ["PLTE", 5],
    ["IHDR", 7],
    ["IHDR", 17],
  ] as const)
    await refused(changed(type, by), "film-damaged", /checksum/);
  await inspect(changed("pHYs", 5));
});

test("a chunk that is summed up in several steps is damaged where any part of it is", async () => {
  const data = Buffer.alloc(1.5 * 1024 * 1024, "film");
  const png = withChunk(await picture().png().toBuffer(), "IDAT", data);
  await walkPng(png);
  for (const at of [0.25, 1.25]) {
    const hurt = Buffer.from(png);
    hurt.writeUInt8(0, 33 + 8 + at * 1024 * 1024);
    await assert.rejects(walkPng(hurt), { code: "film-damaged" });
  }
});

test("a large PNG is summed up in steps, whatever the length of its chunks", async () => {
  const png = await picture(3000, 2000).png({ compressionLevel: 0 }).toBuffer();
  let turns = 0;
  let done = false;
  const count = () => {
    turns += 1;
    if (!done) setImmediate(count);
  };
  setImmediate(count);
  await walkPng(png);
  done = true;
  assert.ok(turns >= 5, `${turns} turns`);
});

test("a file that consists of tiny parts is refused, however many it has", async () => {
  const png = await picture().png().toBuffer();
  await refused(withChunk(png, "tEXt", Buffer.alloc(0), 20_000), "media-type-unsupported", /16384 chunks/);
  const jpeg = await picture().jpeg().toBuffer();
  const comments = Buffer.concat(Array<Buffer>(20_000).fill(Buffer.from([0xff, 0xfe, 0, 2])));
  await refused(
    Buffer.concat([jpeg.subarray(0, 2), comments, jpeg.subarray(2)]),
    "media-type-unsupported",
    /16384 segments/,
  );
  const webp = await picture().webp().toBuffer();
  const chunks = Buffer.concat(Array<Buffer>(20_000).fill(Buffer.from("XXXX\0\0\0\0", "latin1")));
  const long = Buffer.concat([webp.subarray(0, 12), chunks, webp.subarray(12)]);
  long.writeUInt32LE(long.length - 8, 4);
  await refused(long, "media-type-unsupported", /16384 chunks/);
  // The same strips again and again: each directory asks for all of them.
  await refused(tiff({ strips: 5_000, pages: 8, subfileType: 1 }), "media-type-unsupported", /16384 strips/);
  await inspect(tiff({ strips: 5_000 }));
});

test("nonsense behind the magic bytes is damaged, never a crash", async () => {
  let seed = 1;
  const noise = Buffer.from({ length: 600 } as ArrayLike<number>).map(() => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
    return seed >> 16;
  });
  for (const magic of [
    "\xff\xd8\xff",
    "\x89PNG\r\n\x1a\n",
    "RIFF\x50\x02\0\0WEBP",
    "II*\0",
    "MM\0*",
    "II+\0",
    "MM\0+",
  ]) {
    await refused(Buffer.concat([Buffer.from(magic, "latin1"), noise]), "film-damaged");
    await refused(Buffer.concat([Buffer.from(magic, "latin1"), Buffer.alloc(600)]), "film-damaged");
    await refused(Buffer.from(magic, "latin1"), "film-damaged");
  }
});
