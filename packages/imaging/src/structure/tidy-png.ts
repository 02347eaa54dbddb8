import { chunksOf } from "./png.js";

/**
 * Texts, and the colour profile, which counts for nothing in a PNG: its samples are grey or RGB. Packed, a few kilobytes of either
 * unfold into many megabytes, and the decoder unfolds all of them before the first pixel.
 */
const unneeded = new Set(["iCCP", "iTXt", "tEXt", "zTXt"]);

/** A copy of a PNG without texts and colour profile. Undefined where it has neither. */
export function tidyPng(bytes: Buffer): Buffer | undefined {
  const parts: Buffer[] = [];
  let from = 0;
  for (const { type, at, end } of chunksOf(bytes)) {
    if (!unneeded.has(type)) continue;
    parts.push(bytes.subarray(from, at));
    from = end;
  }
  return parts.length === 0 ? undefined : Buffer.concat([...parts, bytes.subarray(from)]);
}
