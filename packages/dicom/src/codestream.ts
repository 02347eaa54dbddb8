import type { Size } from "./jpeg-head.js";

/** What begins a JPEG 2000 codestream, a part of one of its tiles, and what ends it (ITU T.800, A.2). */
const marker = { start: 0xff4f, size: 0xff51, tilePart: 0xff90, end: 0xffd9 };
/** Of a tile part: its own segment, and the marker of its data. */
const leastTilePart = 14;

/** The size in the SIZ segment that begins a grey codestream (A.5.1). @throws Error */
export function codestreamSize(coded: Uint8Array): Size {
  const view = viewOf(coded);
  if (view.getUint16(0) !== marker.start || view.getUint16(2) !== marker.size)
    throw new Error("no codestream");
  // One component, of a sample for each pixel: the decoder reserves memory for as many as are claimed.
  if (view.getUint16(40) !== 1 || view.getUint16(43) !== 0x0101) throw new Error("not one component");
  return {
    width: view.getUint32(8) - view.getUint32(16),
    height: view.getUint32(12) - view.getUint32(20),
  };
}

/**
 * Checks that each tile part is as long as it says, and that the end marker follows the last: for a decoder that makes up what is missing.
 * @throws Error
 */
export function checkTileParts(coded: Uint8Array): void {
  const view = viewOf(coded);
  let at = 2;
  while (view.getUint16(at) !== marker.tilePart) at += 2 + view.getUint16(at + 2);
  while (view.getUint16(at) === marker.tilePart) {
    const length = view.getUint32(at + 6);
    // The last part may leave it unsaid (A.4.2).
    if (length === 0) {
      checkEnd(coded, at);
      return;
    }
    if (length < leastTilePart) throw new Error("a tile part of no length");
    at += length;
  }
  if (view.getUint16(at) !== marker.end) throw new Error("a tile part is not as long as it says");
}

/** Coded data never looks like the end marker by chance (ITU T.81, F.1.2.3; T.800, A.1); padding may follow it. @throws Error */
export function checkEnd(coded: Uint8Array, dataAt: number): void {
  if (Buffer.from(coded.buffer, coded.byteOffset, coded.length).indexOf("ffd9", dataAt, "hex") < 0)
    throw new Error("cut off before its end marker");
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
