import {
  askedBy,
  codedPicture,
  type DicomHeader,
  fallsOver,
  levelsInUse,
  type Span,
} from "@osteon/imaging/dicom";
import { decodeHtj2k, decodeJpeg2000, decodeJpegLossless, decodeJpegLs, type Picture } from "./codecs.js";
import { decodeRle } from "./rle.js";

/** A film's levels, moved up by `offsetOf`. */
export interface Levels {
  readonly levels: Uint16Array;
  /** Those in use, where some of the film is padding. */
  readonly use?: Span;
}

/** What is added to each sample, so that none is below zero. */
export function offsetOf({ signed, bitsStored }: DicomHeader): number {
  return signed ? 2 ** (bitsStored - 1) : 0;
}

/** Decodes a film's levels; not those of a baseline JPEG, which is decoded as other pictures are. @throws Error where it is damaged */
export async function decodeSamples(bytes: Uint8Array, header: DicomHeader): Promise<Levels> {
  const { width, height } = header;
  const count = width * height;
  const raw = await decodeRaw(bytes, header);
  const wide = raw instanceof Uint16Array ? raw : wordsOf(raw, header);
  if (wide.length < count) throw new Error(`${wide.length} samples in place of ${count}`);
  return levelsOf(wide.subarray(0, count), header);
}

async function decodeRaw(bytes: Uint8Array, header: DicomHeader): Promise<Uint8Array | Uint16Array> {
  const { width, height, bitsAllocated, coding, pictureAt } = header;
  switch (coding) {
    case "little-endian":
    case "big-endian": {
      const length = (width * height * bitsAllocated) / 8;
      // With the byte that fills the last word.
      return bytes.subarray(pictureAt, pictureAt + length + (length % 2));
    }
    case "rle":
      return decodeRle(codedPicture(bytes, header), width * height, bitsAllocated / 8);
    case "jpeg-lossless":
      return decodeJpegLossless(codedPicture(bytes, header), header);
    case "jpeg-ls":
      return saturated(await decodeJpegLs(codedPicture(bytes, header), header), header);
    case "jpeg-2000":
      return saturated(await decodeJpeg2000(codedPicture(bytes, header), header), header);
    case "htj2k":
      return saturated(await decodeHtj2k(codedPicture(bytes, header), header), header);
    case "jpeg":
      throw new Error("a JPEG is decoded elsewhere");
  }
}

/**
 * Coding with loss puts samples beyond the levels that are stored where it may: they are the last of these, where masking would make
 * black of white. Without loss what lies there is the file's own, an overlay or nothing of a sign, as in other codings.
 */
function saturated({ samples, bits }: Picture, { highBit, signed, lossy }: DicomHeader): Uint16Array {
  if (!lossy) return samples;
  const range = 2 ** (highBit + 1);
  const [low, high] = signed ? [-range / 2, range / 2 - 1] : [0, range - 1];
  const unused = 32 - Math.max(bits, highBit + 1);
  return samples.map((sample) =>
    Math.min(Math.max(signed ? (sample << unused) >> unused : (sample << unused) >>> unused, low), high),
  );
}

/** Bytes as samples: one or two bytes each. */
function wordsOf(bytes: Uint8Array, { bitsAllocated, coding, turned }: DicomHeader): Uint16Array {
  if (bitsAllocated === 8)
    return turned ? Uint16Array.from(bytes, (_, at) => bytes[at ^ 1] ?? 0) : Uint16Array.from(bytes);
  const words = new Uint16Array(bytes.length >> 1);
  const [low, high] = coding === "big-endian" ? [1, 0] : [0, 1];
  for (let at = 0; at < words.length; at++)
    words[at] = (bytes[2 * at + low] ?? 0) | ((bytes[2 * at + high] ?? 0) << 8);
  return words;
}

/**
 * The bits in use of each sample, whatever lies beside them, and below zero moved up. Padding counts for nothing among the levels in use,
 * however much of it there is, and gets the one of them that becomes black.
 */
function levelsOf(words: Uint16Array, header: DicomHeader): Levels {
  const { bitsStored, highBit, padding, inverted } = header;
  const shift = highBit - bitsStored + 1;
  const mask = 2 ** bitsStored - 1;
  const offset = offsetOf(header);
  const levels = words.map((word) => ((word >> shift) + offset) & mask);
  if (padding === undefined) return { levels };
  const [low, high] = [padding.low + offset, padding.high + offset];
  // A range that no sample can have, as some files tell, is none.
  if (high < 0 || low > mask) return { levels };
  const counts = new Uint32Array(65_536);
  for (const level of levels) counts[level] = (counts[level] ?? 0) + 1;
  const use = levelsInUse(counts.fill(0, Math.max(low, 0), high + 1));
  const black = inverted !== fallsOver(askedBy(header, offset), use) ? use.high : use.low;
  return { levels: levels.map((level) => (level >= low && level <= high ? black : level)), use };
}
