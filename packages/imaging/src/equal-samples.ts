import { endianness } from "node:os";

const littleEndian = endianness() === "LE";

/**
 * The one sample that each pixel's three are equal to; `undefined` where they are not, in any pixel. Four pixels at once, as three
 * words of 32 bits: that takes half the time of one sample after the other.
 *
 * @param rgb three samples a pixel
 */
export function equalSamples(rgb: Buffer): Uint8Array | undefined {
  const pixels = rgb.length / 3;
  const grey = new Uint8Array(pixels);
  const inFours = littleEndian && rgb.byteOffset % 4 === 0 ? pixels - (pixels % 4) : 0;
  const words = new Uint32Array(rgb.buffer, inFours === 0 ? 0 : rgb.byteOffset, (inFours * 3) / 4);
  const four = new Uint32Array(grey.buffer, 0, inFours / 4);
  let unequal = 0;
  for (let at = 0, from = 0; at < four.length; at += 1, from += 3) {
    // From the least byte on: a a a b, then b b c c, then c d d d.
    const first = words[from] ?? 0;
    const second = words[from + 1] ?? 0;
    const third = words[from + 2] ?? 0;
    const a = first & 0xff;
    const b = first >>> 24;
    const c = second >>> 24;
    const d = third >>> 24;
    unequal |=
      (first ^ ((a * 0x010101) | (b << 24))) |
      (second ^ ((b * 0x0101) | ((c * 0x0101) << 16))) |
      (third ^ (c | ((d * 0x010101) << 8)));
    four[at] = a | (b << 8) | (c << 16) | (d << 24);
  }
  for (let at = inFours, from = inFours * 3; at < pixels; at += 1, from += 3) {
    const level = rgb[from] ?? 0;
    unequal |= (level ^ (rgb[from + 1] ?? 0)) | (level ^ (rgb[from + 2] ?? 0));
    grey[at] = level;
  }
  return unequal === 0 ? grey : undefined;
}
