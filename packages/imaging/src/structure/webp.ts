import type { Structure } from "./index.js";
import { damage, mostParts, unreadable } from "./refusals.js";

/** Walks a WebP's RIFF chunks (RFC 9649, section 2) over the size that the file claims. */
export function walkWebp(bytes: Buffer): Structure {
  const end = bytes.length < 12 ? Number.POSITIVE_INFINITY : 8 + bytes.readUInt32LE(4);
  if (end > bytes.length) throw damage("the WebP is shorter than its header says");
  let offset = 12;
  let pictured = false;
  let animated = false;
  for (let chunks = 0; offset + 8 <= end; chunks++) {
    if (chunks === mostParts) throw unreadable(`A WebP of more than ${mostParts} chunks is not read.`);
    const type = bytes.toString("latin1", offset, offset + 4);
    const length = bytes.readUInt32LE(offset + 4);
    if (offset + 8 + length > end) throw damage("the WebP is cut off inside a chunk");
    if (type === "VP8 " || type === "VP8L") pictured = true;
    if (type === "ANIM" || type === "ANMF") animated = true;
    // Chunks are padded to even sizes.
    offset += 8 + length + (length % 2);
  }
  if (!pictured && !animated) throw damage("the WebP has no picture data");
  return { animated };
}
