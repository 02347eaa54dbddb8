import { type Segment, segmentsOf } from "./jpeg.js";

/** Segments that applications put before the picture: JFIF's (ITU T.871), and Adobe's (T.872). */
const [app0, app14] = [0xe0, 0xee];
/** Where in its segment a value lies, from the marker on: JFIF's greater revision, and what Adobe's says was done to the colours. */
const [revision, transform] = [9, 15];
/** Of three samples a pixel: none, or to YCbCr. */
const lastTransform = 1;

/**
 * A copy of a JPEG without what decoders take for damage though it does no harm to the picture: a revision of JFIF and a transform of
 * Adobe's that there are not. Undefined where it has neither.
 *
 * @param cmyk whether it has four samples a pixel: then Adobe's segment alone tells CMYK from YCCK, and stays
 */
export function tidyJpeg(bytes: Buffer, { cmyk }: { readonly cmyk: boolean }): Buffer | undefined {
  const parts: Buffer[] = [];
  let from = 2;
  for (const segment of segmentsOf(bytes)) {
    const { at, end } = segment;
    if (!isOddJfif(bytes, segment) && (cmyk || !isOddAdobe(bytes, segment))) continue;
    parts.push(bytes.subarray(from, at));
    from = end;
  }
  return parts.length === 0
    ? undefined
    : Buffer.concat([bytes.subarray(0, 2), ...parts, bytes.subarray(from)]);
}

function isOddJfif(bytes: Buffer, { marker, at }: Segment): boolean {
  return marker === app0 && isNamed(bytes, at, "JFIF\0") && bytes[at + revision] !== 1;
}

function isOddAdobe(bytes: Buffer, { marker, at }: Segment): boolean {
  return marker === app14 && isNamed(bytes, at, "Adobe") && (bytes[at + transform] ?? 0) > lastTransform;
}

function isNamed(bytes: Buffer, at: number, name: string): boolean {
  return bytes.toString("latin1", at + 4, at + 4 + name.length) === name;
}
