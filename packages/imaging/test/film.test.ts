import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import sharp, { type Sharp } from "sharp";
import {
  decodeFilm,
  encodeFilm,
  inspect,
  type NormalisedFilm,
  normalise,
  packFilm,
  thumbnail,
} from "../src/index.js";
import { films } from "./support/paths.js";
import { gradient, picture, type TiffOptions, tiff } from "./support/pictures.js";

/** By name, not the folder's first: not every film that is written over in its middle decodes to an error. */
const realFilm = join(films, "IMG0000000.jpg");

const at = (film: NormalisedFilm, x: number, y: number) => film.data[y * film.width + x] ?? Number.NaN;
const near = (actual: number, expected: number, tolerance = 3) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} ± ${tolerance}`);

const greys = {
  JPEG: () => picture().jpeg({ quality: 95 }).toBuffer(),
  "RGB JPEG": () => picture().toColourspace("srgb").jpeg({ quality: 95 }).toBuffer(),
  PNG: () => picture().png().toBuffer(),
  "palette PNG": () => picture().png({ palette: true, colours: 256, dither: 0 }).toBuffer(),
  WebP: () => picture().webp({ lossless: true }).toBuffer(),
  TIFF: () => picture().tiff({ compression: "lzw" }).toBuffer(),
  "PNG with full alpha": () => picture().toColourspace("srgb").ensureAlpha().png().toBuffer(),
};

for (const [name, encode] of Object.entries(greys)) {
  test(`a ${name} keeps its size and levels`, async () => {
    const film = await normalise(await encode());
    assert.deepEqual([film.width, film.height, film.data.length], [300, 260, 300 * 260]);
    for (const x of [0, 75, 150, 299]) near(at(film, x, 200), Math.round((255 * x) / 299));
    near(at(film, 150, 10), 10);
  });
}

test("a picture with colour in a single pixel becomes grey as libvips makes it", async () => {
  const samples = await picture().toColourspace("srgb").raw().toBuffer();
  samples.set([200, 40, 90], samples.length - 3);
  const bytes = await sharp(samples, { raw: { width: 300, height: 260, channels: 3 } })
    .png()
    .toBuffer();
  const plain = await sharp(bytes).toColourspace("b-w").raw().toBuffer();
  assert.deepEqual(Buffer.from((await normalise(bytes)).data), plain);
  assert.notEqual(plain.at(-1), 200);
});

test("a CMYK JPEG becomes grey", async () => {
  const film = await normalise(await picture().toColourspace("cmyk").jpeg({ quality: 95 }).toBuffer());
  assert.equal(film.data.length, 300 * 260);
  assert.ok(at(film, 10, 200) < 60 && at(film, 290, 200) > 200);
});

test("a 1-bit TIFF becomes black and white", async () => {
  const film = await normalise(await picture().tiff({ bitdepth: 1, compression: "ccittfax4" }).toBuffer());
  assert.deepEqual([at(film, 10, 200), at(film, 290, 200)], [0, 255]);
});

test("a colour profile is ignored, as in training", async () => {
  const samples = Buffer.alloc(300 * 260 * 3);
  for (let i = 0; i < 300 * 260; i++) samples.set([i, i >> 3, i >> 5], i * 3);
  const colours = () =>
    sharp(samples, { raw: { width: 300, height: 260, channels: 3 } }).withIccProfile("p3");
  for (const films of [colours().png(), colours().jpeg(), colours().tiff({ compression: "lzw" })]) {
    const bytes = await films.toBuffer();
    const grey = (ignoreIcc: boolean) => sharp(bytes, { ignoreIcc }).toColourspace("b-w").raw().toBuffer();
    const plain = await grey(true);
    assert.notDeepEqual(plain, await grey(false), "its profile would tell");
    assert.deepEqual(Buffer.from((await normalise(bytes)).data), plain);
  }
});

test("the EXIF orientation is applied", async () => {
  // Orientation 6: what is stored as the top shows on the right.
  const film = await normalise(await picture().withMetadata({ orientation: 6 }).png().toBuffer());
  assert.deepEqual([film.width, film.height], [260, 300]);
  near(at(film, 255, 280), 10);
  near(at(film, 50, 0), 0);
  near(at(film, 50, 299), 255);
});

test("the longest side becomes 1024, and nothing is enlarged or padded", async () => {
  const wide = await normalise(await picture(2048, 600).jpeg().toBuffer());
  assert.deepEqual([wide.width, wide.height], [1024, 300]);
  const tall = await normalise(await picture(500, 1500).png().toBuffer());
  assert.deepEqual([tall.width, tall.height], [341, 1024]);
  near(at(wide, 512, 200), 128, 4);
});

test("shrinking a large JPEG while it is read stays close to shrinking it after", async () => {
  const pixels = await picture(4000, 3000).raw().toBuffer();
  const jpeg = await picture(4000, 3000).jpeg({ quality: 95 }).toBuffer();
  const film = await normalise(jpeg);
  const slow = await sharp(pixels, { raw: { width: 4000, height: 3000, channels: 1 } })
    .resize(1024, 768)
    .toColourspace("b-w")
    .raw()
    .toBuffer();
  const mean = film.data.reduce((sum, level, i) => sum + Math.abs(level - (slow[i] ?? 0)), 0) / slow.length;
  assert.ok(mean < 1, `mean difference ${mean}`);
});

const transparent = {
  PNG: (films: Sharp) => films.png(),
  "palette PNG": (films: Sharp) => films.png({ palette: true, colours: 256, dither: 0 }),
  WebP: (films: Sharp) => films.webp({ lossless: true, exact: true }),
  TIFF: (films: Sharp) => films.tiff({ compression: "lzw" }),
};

for (const [name, encode] of Object.entries(transparent)) {
  test(`alpha changes no level of a ${name}, made smaller or not`, async () => {
    for (const [width, height] of [
      [300, 260],
      [2048, 400],
    ] as const) {
      const samples = Uint8Array.from(gradient(width, height));
      const film = async (alpha: number) => {
        const grey = { raw: { width, height, channels: 1 } } as const;
        const beside = new Uint8Array(width * height).fill(alpha);
        const whole = sharp(samples, grey).toColourspace("b-w").joinChannel(Buffer.from(beside), grey);
        const bytes = await encode(whole).toBuffer();
        assert.ok((await sharp(bytes).metadata()).hasAlpha);
        return normalise(bytes);
      };
      const [half, nearlyWhole] = [await film(128), await film(254)];
      for (const x of [0, width / 4, width / 2, width - 1]) {
        const shown = Math.floor((x * half.width) / width);
        for (const each of [half, nearlyWhole])
          near(at(each, shown, each.height - 20), Math.round((255 * x) / (width - 1)));
      }
    }
  });
}

test("a TIFF's page is read where its thumbnail comes first", async () => {
  const film = await normalise(tiff({ pages: 2, firstSubfileType: 1 }));
  assert.deepEqual([at(film, 0, 100), at(film, 299, 100)], [0, 255]);
});

const abcd = 0x64636261;
for (const [what, options] of Object.entries({
  "a text without an end": { odd: [[305, 2, abcd]] },
  "texts out of order": {
    odd: [
      [306, 2, abcd],
      [270, 2, abcd],
    ],
  },
  "a field twice, with another value": { odd: [[256, 3, 17]] },
  "one value for the number of the page and of the pages": { odd: [[297, 3, 0]] },
  "an orientation that is none": { odd: [[274, 3, 0]] },
  "a unit of resolution that is none": { odd: [[296, 3, 9]] },
  "a sample beside the colours that nobody announced": { extra: 0, unannounced: true },
} satisfies Record<string, TiffOptions>))
  test(`a TIFF is read that has ${what}`, async () => {
    for (const more of [
      {},
      { littleEndian: false },
      { big: true },
      { bits: 16 },
      { pages: 2, firstSubfileType: 1 },
    ] as const) {
      const bytes = tiff({ ...options, ...more });
      await inspect(bytes);
      const { extra: _, ...plain } = { extra: 0, ...more };
      assert.deepEqual(
        (await normalise(bytes)).data,
        (await normalise(tiff(plain))).data,
        JSON.stringify(more),
      );
    }
  });

test("a TIFF with odd fields whose picture data is damaged is refused all the same", async () => {
  const packed = await picture().tiff({ compression: "packbits" }).toBuffer();
  const broken = Buffer.from(packed);
  broken.fill(0x81, 200, 2_000);
  await assert.rejects(normalise(broken), { code: "film-damaged" });
  const lzw = await picture().tiff({ compression: "lzw", predictor: "none" }).toBuffer();
  lzw.fill(0x55, 1_000, 1_900);
  await assert.rejects(normalise(lzw), { code: "film-damaged" });
});

test("a sample beside a TIFF's colours is no part of the film, whatever it is said to be", async () => {
  for (const options of [
    { extra: 0 },
    { extra: 2 },
    { extra: 2, alpha: 0.5 },
    { extra: 1, alpha: 0.5 },
  ] as const) {
    const plain = await normalise(tiff(options));
    for (const x of [0, 150, 299]) near(at(plain, x, 100), Math.round((255 * x) / 299), 1);
  }
});

test("a sample beside a TIFF's colours darkens no film that is made smaller", async () => {
  for (const bits of [8, 16] as const) {
    const large = { width: 2048, height: 400, bits };
    const [beside, plain] = [await normalise(tiff({ ...large, extra: 0 })), await normalise(tiff(large))];
    assert.deepEqual([beside.width, beside.height], [1024, 200]);
    assert.deepEqual(beside.data, plain.data, `${bits} bits`);
    near(at(beside, 512, 100), 128);
  }
});

const ramp12 = () => Uint16Array.from({ length: 300 * 260 }, (_, i) => Math.round(((i % 300) * 4095) / 299));
const grey16 = (samples: Uint16Array) =>
  sharp(samples, { raw: { width: 300, height: 260, channels: 1 } }).toColourspace("grey16");

test("12 bits in a 16-bit PNG or TIFF use the whole range", async () => {
  for (const bytes of [
    await grey16(ramp12()).png().toBuffer(),
    tiff({ bits: 16 }),
    tiff({ bits: 16, littleEndian: false }),
  ]) {
    const film = await normalise(bytes);
    near(at(film, 0, 100), 0);
    near(at(film, 150, 100), 128);
    near(at(film, 299, 100), 255);
  }
});

test("a burnt-in marker does not take the range of a 16-bit film", async () => {
  const samples = ramp12();
  samples.fill(65_535, 0, 200);
  const film = await normalise(await grey16(samples).png().toBuffer());
  near(at(film, 150, 100), 128);
  assert.equal(at(film, 0, 0), 255);
});

test("16-bit colour and 16-bit alpha become grey", async () => {
  const bytes = await grey16(ramp12()).toColourspace("rgb16").ensureAlpha().png().toBuffer();
  assert.equal((await sharp(bytes).metadata()).depth, "ushort");
  const film = await normalise(bytes);
  assert.equal(film.data.length, 300 * 260);
  near(at(film, 150, 100), 128, 6);
});

test("a 16-bit film of one level becomes black", async () => {
  const film = await normalise(
    await grey16(new Uint16Array(300 * 260).fill(900))
      .png()
      .toBuffer(),
  );
  assert.ok(film.data.every((level) => level === 0));
});

/** A JPEG with one application segment behind its first marker, in the place of those that it had. */
function withSegment(jpeg: Buffer, segment: Buffer): Buffer {
  let rest = jpeg.subarray(2);
  while (((rest[1] ?? 0) & 0xf0) === 0xe0) rest = rest.subarray(2 + rest.readUInt16BE(2));
  return Buffer.concat([jpeg.subarray(0, 2), segment, rest]);
}

const jfif = (major: number) =>
  Buffer.from([0xff, 0xe0, 0, 16, ...Buffer.from("JFIF\0"), major, 1, 0, 0, 1, 0, 1, 0, 0]);
const adobe = (transform: number) =>
  Buffer.from([0xff, 0xee, 0, 14, ...Buffer.from("Adobe"), 0, 100, 0, 0, 0, 0, transform]);
const colourJpeg = () => picture().toColourspace("srgb").jpeg({ quality: 95 }).toBuffer();

for (const [what, segment] of Object.entries({
  "a revision of JFIF that there is not": jfif(3),
  "a transform of Adobe's that there is not": adobe(9),
}))
  test(`a JPEG is read that tells ${what}, and one cut off is damaged all the same`, async () => {
    const jpeg = await colourJpeg();
    const [odd, plain] = [withSegment(jpeg, segment), withSegment(jpeg, Buffer.alloc(0))];
    await inspect(odd);
    assert.deepEqual(await normalise(odd), await normalise(plain));
    for (const whole of [odd, plain]) {
      const half = Buffer.concat([whole.subarray(0, whole.length >> 1), Buffer.from([0xff, 0xd9])]);
      await inspect(half);
      await assert.rejects(normalise(half), { code: "film-damaged" });
    }
  });

test("a CMYK JPEG of a transform that there is not is damaged: nobody knows which colours it has", async () => {
  const jpeg = await picture().toColourspace("cmyk").jpeg({ quality: 95 }).toBuffer();
  await assert.rejects(normalise(withSegment(jpeg, adobe(9))), { code: "film-damaged" });
});

test("what only decoding finds is damaged too", async () => {
  const png = await picture().png().toBuffer();
  png.fill(0, png.length - 600, png.length - 100);
  const data = png.indexOf("IDAT", 0, "latin1");
  const end = data + 4 + png.readUInt32BE(data - 4);
  png.writeUInt32BE(crc32(png.subarray(data, end)), end);
  await assert.rejects(normalise(png), { code: "film-damaged", retryable: false });
  const jpeg = await readFile(realFilm);
  jpeg.fill(0x55, jpeg.length >> 1, (jpeg.length >> 1) + 900);
  await assert.rejects(normalise(jpeg), { code: "film-damaged" });
});

test("a refused film is not decoded", () =>
  assert.rejects(normalise(Buffer.from("text")), { code: "media-type-unsupported" }));

test("a normalised film survives its PNG, every level", async () => {
  const film = await normalise(await readFile(realFilm));
  const png = encodeFilm(film);
  const { channels, space } = await sharp(png).metadata();
  assert.deepEqual({ channels, space }, { channels: 1, space: "b-w" });
  assert.deepEqual(await decodeFilm(png), film);
  await assert.rejects(decodeFilm(png.subarray(0, png.length >> 1)), { code: "film-altered" });
});

test("a normalised film that is packed or altered is read by what it holds", async () => {
  const film = { width: 5, height: 3, data: gradient(5, 3) };
  const png = encodeFilm(film);
  const packed = await packFilm(png);
  assert.notDeepEqual(packed, png);
  assert.deepEqual(await decodeFilm(packed), film);
  for (const at of [0, 20, 45, png.length - 20]) {
    const altered = Buffer.from(png);
    altered[at] = (altered[at] ?? 0) ^ 1;
    await assert.rejects(decodeFilm(altered), { code: "film-altered" }, `byte ${at}`);
  }
  await assert.rejects(decodeFilm(Buffer.concat([png.subarray(0, 41), packed.subarray(41)])), {
    code: "film-altered",
  });
});

test("a thumbnail is the film small, grey, a few kilobytes, and never larger than it", async () => {
  for (const [width, height, wide, high] of [
    [1024, 512, 192, 96],
    [300, 1000, 58, 192],
    [150, 100, 150, 100],
  ] as const) {
    const small = await thumbnail(encodeFilm({ width, height, data: gradient(width, height) }));
    const { format, channels } = await sharp(small).metadata();
    assert.deepEqual([format, channels], ["jpeg", 1]);
    const { data, info } = await sharp(small)
      .toColourspace("b-w")
      .raw()
      .toBuffer({ resolveWithObject: true });
    assert.deepEqual([info.width, info.height], [wide, high]);
    for (const x of [2, wide >> 1, wide - 3])
      near(data[(high >> 1) * wide + x] ?? 0, ((x + 0.5) / wide) * 255, 6);
    assert.ok(small.length < 8192, `${small.length} bytes`);
  }
  await assert.rejects(thumbnail(Buffer.from("no film")), { code: "film-altered" });
});

test("tiny films survive their PNG as well", async () => {
  const film = { width: 3, height: 2, data: gradient(3, 2) };
  assert.deepEqual(await decodeFilm(encodeFilm(film)), film);
});
