import { openRaw } from "./decoder.js";
import { decodeFilm } from "./film.js";

/** Longest side of a thumbnail, pixels: twice what a row of a list shows, for dense screens. */
const longestSide = 192;

/**
 * A normalised film as a small JPEG, for lists: a few kilobytes, and as little to decode. Small films are not enlarged.
 *
 * @param png of `encodeFilm`
 * @throws ProblemError `film-altered` where the bytes are not such a PNG.
 */
export async function thumbnail(png: Uint8Array): Promise<Buffer> {
  const { width, height, data } = await decodeFilm(png);
  return openRaw(data, width, height, 1)
    .resize({ width: longestSide, height: longestSide, fit: "inside", withoutEnlargement: true })
    .toColourspace("b-w")
    .jpeg({ quality: 80 })
    .toBuffer();
}
