import type { Structure } from "./index.js";
import { damage, mostParts, unreadable } from "./refusals.js";

/** Walks a PNG's chunks from IHDR to IEND (PNG third edition, 5.3); `acTL` makes it an animation. */
export function walkPng(bytes: Buffer): Structure {
  let offset = 8;
  let pictured = false;
  let animated = false;
  for (let chunks = 0; ; chunks++) {
    if (chunks === mostParts) throw unreadable(`A PNG of more than ${mostParts} chunks is not read.`);
    if (offset + 12 > bytes.length) throw damage("the PNG ends before its IEND chunk");
    const length = bytes.readUInt32BE(offset);
    const type = bytes.toString("latin1", offset + 4, offset + 8);
    offset += 12 + length;
    if (offset > bytes.length) throw damage("the PNG is cut off inside a chunk");
    if (chunks === 0 && (type !== "IHDR" || length !== 13))
      throw damage("the PNG does not begin with its header");
    if (type === "acTL") animated = true;
    if (type === "IDAT") pictured = true;
    if (type === "IEND") break;
  }
  if (!pictured) throw damage("the PNG has no picture data");
  return { animated };
}
