import type { Structure } from "./index.js";
import { damage, mostParts, unreadable } from "./refusals.js";

const startOfScan = 0xda;
const endOfImage = Buffer.from([0xff, 0xd9]);
/** Start-of-frame markers are C0 to CF, but for these three (DHT, JPG, DAC), and F7 (JPEG-LS, ITU T.87). */
const notFrames = new Set([0xc4, 0xc8, 0xcc]);
/** Baseline, extended and progressive, with Huffman or arithmetic coding; the others are lossless or hierarchical. */
const readableFrames = new Set([0xc0, 0xc1, 0xc2, 0xc9, 0xca]);
/** A progressive film has a dozen. Each costs a pass over all of its pixels, however short it is. */
const mostScans = 64;
/** Of 32 megabytes of data an eighth of a million bytes are 0xFF. */
const mostStuffed = 2 ** 19;

/** A segment before the first scan's data. */
export interface Segment {
  readonly marker: number;
  /** Where its marker begins, and where the next does. */
  readonly at: number;
  readonly end: number;
}

/** A JPEG's segments up to the head of its first scan. */
export function* segmentsOf(bytes: Buffer): Generator<Segment, void> {
  let at = 2;
  for (let segments = 0; ; segments++) {
    if (segments === mostParts) throw unreadable(`A JPEG of more than ${mostParts} segments is not read.`);
    if (at + 4 > bytes.length) throw damage("the JPEG ends before its picture data");
    if (bytes[at] !== 0xff) throw damage("a JPEG segment does not begin with a marker");
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === 0xd9) throw damage("the JPEG has no picture data");
    const length = bytes.readUInt16BE(at + 2);
    if (length < 2) throw damage("a JPEG segment has no length");
    const end = at + 2 + length;
    yield { marker, at, end };
    if (marker === startOfScan) return;
    at = end;
  }
}

/**
 * Walks a JPEG's segments to its first scan and looks for the end-of-image marker after it (ITU T.81, annex B). Within
 * scan data 0xFF is always stuffed, so the marker cannot occur there by chance; what follows it is ignored, because
 * cameras and archives append padding and thumbnails. A marker inside a later scan's table may pass for it: decoding
 * settles that.
 */
export function walkJpeg(bytes: Buffer): Structure {
  let dataAt = 0;
  let frame: { marker: number; bits: number } | undefined;
  for (const { marker, at, end } of segmentsOf(bytes)) {
    if (isFrame(marker)) frame = { marker, bits: bytes[at + 4] ?? 0 };
    dataAt = end;
  }
  if (frame === undefined) throw damage("the JPEG has picture data without a frame header");
  if (bytes.indexOf(endOfImage, dataAt) === -1) throw damage("the JPEG is cut off before its end marker");
  checkFrame(frame);
  countScans(bytes, dataAt);
  return { animated: false };
}

/** Goes on from a scan's data to the end marker, and refuses more scans than a film has. What makes no sense ends the count. */
function countScans(bytes: Buffer, from: number): void {
  let [scans, segments, stuffed] = [1, 0, 0];
  for (
    let at = bytes.indexOf(0xff, from);
    at !== -1 && at + 4 <= bytes.length;
    at = bytes.indexOf(0xff, at)
  ) {
    const marker = bytes[at + 1] ?? 0;
    if (marker <= 0x01 || marker === 0xff || (marker >= 0xd0 && marker <= 0xd7)) {
      // Data: a stuffed byte, a fill byte or a restart.
      if (++stuffed > mostStuffed)
        throw unreadable("A JPEG that consists of nothing but stuffing is not read.");
      at += marker === 0xff ? 1 : 2;
      continue;
    }
    if (marker === 0xd9) return;
    if (++segments > mostParts) throw unreadable(`A JPEG of more than ${mostParts} segments is not read.`);
    if (marker === startOfScan && ++scans > mostScans)
      throw unreadable(`A JPEG of more than ${mostScans} scans is not read.`);
    at += 2 + Math.max(2, bytes.readUInt16BE(at + 2));
  }
}

function isFrame(marker: number): boolean {
  return (marker >= 0xc0 && marker <= 0xcf && !notFrames.has(marker)) || marker === 0xf7;
}

function checkFrame({ marker, bits }: { marker: number; bits: number }): void {
  if (marker === 0xf7)
    throw unreadable("JPEG-LS is not read: send a JPEG, or a PNG where nothing may be lost.");
  if (!readableFrames.has(marker))
    throw unreadable(
      "A lossless or hierarchical JPEG is not read: send a baseline or progressive one, or a PNG.",
    );
  if (bits !== 8)
    throw unreadable(`A JPEG of ${bits} bits a sample is not read: send 8 bits, or a PNG or TIFF of 16.`);
}
