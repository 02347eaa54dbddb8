import { codedPicture, type DicomHeader } from "@osteon/imaging/dicom";
import { decodeJpeg2000, decodeJpegLossless, decodeJpegLs } from "./codecs.js";
import { decodeRle } from "./rle.js";

/** What is added to each sample, so that none is below zero. */
export function offsetOf({ signed, bitsStored }: DicomHeader): number {
  return signed ? 2 ** (bitsStored - 1) : 0;
}

/** Decodes a film's samples, moved up by `offsetOf`; not those of a JPEG of 8 bits, which is a picture like others. @throws Error where it is damaged */
export async function decodeSamples(bytes: Uint8Array, header: DicomHeader): Promise<Uint16Array> {
  const { width, height, bitsAllocated, coding } = header;
  const count = width * height;
  const raw = await decodeRaw(bytes, header);
  const wide = raw instanceof Uint16Array ? raw : wordsOf(raw, bitsAllocated, coding === "big-endian");
  if (wide.length < count) throw new Error(`${wide.length} samples in place of ${count}`);
  return levelsOf(wide.subarray(0, count), header);
}

async function decodeRaw(bytes: Uint8Array, header: DicomHeader): Promise<Uint8Array | Uint16Array> {
  const { width, height, bitsAllocated, coding, pictureAt } = header;
  switch (coding) {
    case "little-endian":
    case "big-endian":
      return bytes.subarray(pictureAt, pictureAt + (width * height * bitsAllocated) / 8);
    case "rle":
      return decodeRle(codedPicture(bytes, header), width * height, bitsAllocated / 8);
    case "jpeg-lossless":
      return decodeJpegLossless(codedPicture(bytes, header), header);
    case "jpeg-ls":
      return decodeJpegLs(codedPicture(bytes, header), header);
    case "jpeg-2000":
      return decodeJpeg2000(codedPicture(bytes, header), header);
    case "jpeg":
      throw new Error("a JPEG is decoded elsewhere");
  }
}

/** Bytes as samples: one or two bytes each. */
function wordsOf(bytes: Uint8Array, bits: 8 | 16, bigEndian: boolean): Uint16Array {
  if (bits === 8) return Uint16Array.from(bytes);
  const words = new Uint16Array(bytes.length >> 1);
  const [low, high] = bigEndian ? [1, 0] : [0, 1];
  for (let at = 0; at < words.length; at++)
    words[at] = (bytes[2 * at + low] ?? 0) | ((bytes[2 * at + high] ?? 0) << 8);
  return words;
}

/** The bits in use of each sample, whatever lies beside them, and below zero moved up; padding gets the level of black. */
function levelsOf(words: Uint16Array, header: DicomHeader): Uint16Array {
  const { bitsStored, highBit, padding, inverted } = header;
  const shift = highBit - bitsStored + 1;
  const mask = 2 ** bitsStored - 1;
  const offset = offsetOf(header);
  const levels = new Uint16Array(words.length);
  // One that no sample can have is none.
  const asked = padding === undefined ? -1 : padding + offset;
  const pad = asked <= mask ? asked : -1;
  let [least, greatest] = [mask, 0];
  for (let at = 0; at < words.length; at++) {
    const level = (((words[at] ?? 0) >> shift) + offset) & mask;
    levels[at] = level;
    if (level === pad) continue;
    if (level < least) least = level;
    if (level > greatest) greatest = level;
  }
  if (pad < 0) return levels;
  const black = inverted ? greatest : Math.min(least, greatest);
  return levels.map((level) => (level === pad ? black : level));
}
