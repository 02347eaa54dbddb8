import { crc32, deflateSync } from "node:zlib";
import sharp from "sharp";

/** A grey gradient with some detail: brightness grows to the right, with a dark bar at the top. */
export function gradient(width: number, height: number): Uint8Array {
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++)
      data[y * width + x] = y < height / 8 ? 10 : Math.round((255 * x) / (width - 1));
  }
  return data;
}

/** The gradient as a sharp picture, to be encoded. */
export function picture(width = 300, height = 260) {
  return sharp(gradient(width, height), { raw: { width, height, channels: 1 } }).toColourspace("b-w");
}

/** A PNG with the chunk put in behind its header, `times` over. */
export function withChunk(png: Buffer, type: string, data: Buffer, times = 1): Buffer {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, "latin1");
  data.copy(chunk, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), 8 + data.length);
  return Buffer.concat([png.subarray(0, 33), ...Array<Buffer>(times).fill(chunk), png.subarray(33)]);
}

/** What a packed chunk of a PNG has before its data, and how much it unfolds to, so that a decoder takes it. */
const packed = {
  iCCP: { head: "p\0\0", megabytes: 50 },
  iTXt: { head: "k\0\x01\0\0\0", megabytes: 7 },
  zTXt: { head: "k\0\0", megabytes: 7 },
} as const;

/** The PNG with `times` chunks of a few kilobytes that unfold to many megabytes each. */
export async function withPacked(png: Buffer, type: keyof typeof packed, times = 1): Promise<Buffer> {
  const { head, megabytes } = packed[type];
  const text = Buffer.alloc(megabytes * 1e6, "a");
  if (type === "iCCP") {
    const profiled = await picture().toColourspace("srgb").withIccProfile("srgb").png().toBuffer();
    (await sharp(profiled).metadata()).icc?.copy(text);
    text.writeUInt32BE(text.length);
  }
  return withChunk(png, type, Buffer.concat([Buffer.from(head, "latin1"), deflateSync(text)]), times);
}

/** The header of a PNG of that size with nothing to speak of behind it: what a decompression bomb begins with. */
export function bomb(width: number, height: number): Buffer {
  const png = Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==",
    "base64",
  );
  png.writeUInt32BE(width, 16);
  png.writeUInt32BE(height, 20);
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
  return png;
}

export interface TiffOptions {
  width?: number;
  height?: number;
  pages?: number;
  big?: boolean;
  littleEndian?: boolean;
  bits?: 8 | 12 | 16;
  /** NewSubfileType of the pages after the first. */
  subfileType?: number;
  /** NewSubfileType of the first page; its levels are then turned round, so that it can be told apart. */
  firstSubfileType?: number;
  /** ExtraSamples: the picture then has a second sample, `alpha` of the most; colours are multiplied by it where it is 1. */
  extra?: 0 | 1 | 2;
  alpha?: number;
  /** What the header claims beside the truth: samples a pixel, or tiles of that side. */
  samples?: number;
  tile?: number;
  /** So many strips in place of one, all of them the file's first bytes: for walking, not for decoding. */
  strips?: number;
  /** Fields behind all others, in order or not; a text's value is its four letters, without an end. */
  odd?: readonly OddField[];
  /** Whether `extra` is left unsaid. */
  unannounced?: boolean;
  /** Its number alone: the data is as without. */
  compression?: number;
  photometric?: number;
}

type OddField = readonly [tag: number, type: 2 | 3, value: number];

/** An uncompressed grey TIFF, 300 × 260 unless said, whose samples are a ramp of 0 to 4,095 at 16 bits. */
export function tiff({
  width = 300,
  height = 260,
  pages = 1,
  big = false,
  littleEndian = true,
  bits = 8,
  subfileType = 0,
  firstSubfileType = 0,
  extra,
  alpha = 0,
  samples = extra === undefined ? 1 : 2,
  tile,
  strips = 1,
  odd = [],
  unannounced = false,
  compression = 1,
  photometric = 1,
}: TiffOptions = {}) {
  const step = (bits > 8 ? 2 : 1) * (extra === undefined ? 1 : 2);
  const bytes = width * height * step;
  const [head, entry, word, count] = big ? [16, 20, 8, 8] : [8, 12, 4, 2];
  const entries = (tile === undefined ? 10 : 11) + (extra === undefined || unannounced ? 0 : 1) + odd.length;
  const size = count + entries * entry + word;
  const out = Buffer.alloc(head + pages * (size + bytes));
  const put = (value: number, offset: number, length: number) => {
    for (let i = 0; i < length; i++) {
      const shift = littleEndian ? i : length - 1 - i;
      out[offset + i] = shift > 3 ? 0 : (value >>> (8 * shift)) & 255;
    }
  };
  out.write(littleEndian ? "II" : "MM", 0, "latin1");
  put(big ? 43 : 42, 2, 2);
  if (big) put(8, 4, 2);
  put(head, big ? 8 : 4, word);
  for (let page = 0; page < pages; page++) {
    const start = head + page * (size + bytes);
    put(entries, start, count);
    const fields: (readonly [tag: number, type: 1 | 2 | 3 | 4, value: number])[] = [
      [254, 4, page === 0 ? firstSubfileType : subfileType],
      [256, 4, width],
      [257, 4, height],
      [258, 3, bits],
      [259, 3, compression],
      [262, 3, photometric],
      ...(tile === undefined
        ? ([
            [273, strips > 1 ? 1 : 4, strips > 1 ? 8 : start + size],
            [277, 3, samples],
            [278, 4, height],
            [279, strips > 1 ? 1 : 4, strips > 1 ? 8 : bytes],
          ] as const)
        : ([
            [277, 3, samples],
            [322, 4, tile],
            [323, 4, tile],
            [324, 4, start + size],
            [325, 4, bytes],
          ] as const)),
      ...(extra === undefined || unannounced ? [] : ([[338, 3, extra]] as const)),
      ...odd,
    ];
    fields.forEach(([tag, type, value], i) => {
      const at = start + count + i * entry;
      put(tag, at, 2);
      put(type, at + 2, 2);
      // Many values lie elsewhere: here both lists are the file's own bytes from its eighth on, one byte a value.
      const many = strips > 1 && (tag === 273 || tag === 279) ? strips : 1;
      // The subsampling is of two numbers.
      const pair = tag === 530;
      put(type === 2 ? 4 : pair ? 2 : many, at + 4, word);
      put(value, at + 4 + word, type === 3 && !pair ? 2 : 4);
    });
    put(page + 1 < pages ? start + size + bytes : 0, start + count + entries * entry, word);
    for (let i = 0; i < width * height; i++) {
      const ramp = (i % width) / (width - 1);
      const level = (page === 0 && firstSubfileType !== 0 ? 1 - ramp : ramp) * (extra === 1 ? alpha : 1);
      const at = start + size + i * step;
      if (bits > 8) put(Math.round(4095 * level), at, 2);
      else out[at] = Math.round(255 * level);
      if (extra === undefined) continue;
      if (bits > 8) put(Math.round(65_535 * alpha), at + 2, 2);
      else out[at + 1] = Math.round(255 * alpha);
    }
  }
  return out;
}
