import { damage } from "./damage.js";
import type { Structure } from "./index.js";

const startOfScan = 0xda;
const endOfImage = Buffer.from([0xff, 0xd9]);
/** Start-of-frame markers are C0 to CF, but for these three (DHT, JPG, DAC). */
const notFrames = new Set([0xc4, 0xc8, 0xcc]);

/**
 * Walks a JPEG's segments to its first scan and looks for the end-of-image marker after it (ITU T.81, annex B). Within
 * scan data 0xFF is always stuffed, so the marker cannot occur there by chance; what follows it is ignored, because
 * cameras and archives append padding and thumbnails. A marker inside a later scan's table may pass for it: decoding
 * settles that.
 */
export function walkJpeg(bytes: Buffer): Structure {
  let offset = 2;
  let framed = false;
  for (;;) {
    if (offset + 4 > bytes.length) throw damage("the JPEG ends before its picture data");
    if (bytes[offset] !== 0xff) throw damage("a JPEG segment does not begin with a marker");
    const marker = bytes[offset + 1] ?? 0;
    if (marker === 0xff) {
      offset++;
      continue;
    }
    if (marker === 0xd9) throw damage("the JPEG has no picture data");
    if (marker >= 0xc0 && marker <= 0xcf && !notFrames.has(marker)) framed = true;
    const length = bytes.readUInt16BE(offset + 2);
    if (length < 2) throw damage("a JPEG segment has no length");
    offset += 2 + length;
    if (marker === startOfScan) break;
  }
  if (!framed) throw damage("the JPEG has picture data without a frame header");
  if (bytes.indexOf(endOfImage, offset) === -1) throw damage("the JPEG is cut off before its end marker");
  return { animated: false };
}
