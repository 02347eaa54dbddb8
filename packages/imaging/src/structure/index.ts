import type { FilmType } from "../sniff.js";
import { walkJpeg } from "./jpeg.js";
import { walkPng } from "./png.js";
import { tidyPng } from "./tidy-png.js";
import { walkTiff } from "./tiff.js";
import { walkWebp } from "./webp.js";

/** What walking a file's structure tells, without decoding a pixel. */
export interface Structure {
  /** Whether the file holds more than one picture to show: an animation or several pages. */
  readonly animated: boolean;
  /** Of a TIFF: which of its directories is its page, from 0. What comes before it is a thumbnail or a mask. */
  readonly page?: number;
}

/** What is decoded as a picture. */
export type PictureType = Exclude<FilmType, "application/dicom">;

const walkers: Record<PictureType, (bytes: Buffer) => Structure | Promise<Structure>> = {
  "image/jpeg": walkJpeg,
  "image/png": walkPng,
  "image/webp": walkWebp,
  "image/tiff": walkTiff,
};

/**
 * Walks the file's segments, chunks or directories and checks that all of its picture data is there; of a PNG also that it is as it was
 * written.
 *
 * @throws ProblemError `film-damaged` where the file ends early or its structure makes no sense;
 *   `media-type-unsupported` for a kind of TIFF or JPEG that cannot be read, and for more parts than a film has.
 */
export async function walk(type: PictureType, bytes: Uint8Array): Promise<Structure> {
  return walkers[type](Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

/** What the decoder is given of a file that was walked: all of it but for what unfolds in memory and is no part of the picture. */
export function lean(type: PictureType, bytes: Uint8Array): Uint8Array {
  if (type !== "image/png") return bytes;
  return tidyPng(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)) ?? bytes;
}
