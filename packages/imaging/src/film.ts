import { ProblemError } from "@osteon/shared";
import { openPicture, openRaw, openSamples, type Sharp } from "./decoder.js";
import { equalSamples } from "./equal-samples.js";
import { type FilmHeader, readHeader } from "./inspect.js";
import { type FilmLimits, filmLimits } from "./limits.js";
import { decodeStoredGrey, encodeStoredGrey } from "./png.js";
import { lean, walk } from "./structure/index.js";
import { damage } from "./structure/refusals.js";
import { tidyJpeg } from "./structure/tidy-jpeg.js";
import { tidyTiff } from "./structure/tidy-tiff.js";
import { type Asked, type Span, window16 } from "./window.js";

/** A film as the page shows it and the models read it. */
export interface NormalisedFilm {
  /** Pixels, 1 to 1024. */
  readonly width: number;
  readonly height: number;
  /** 8-bit grey, row by row, `width * height` long; 0 is black. */
  readonly data: Uint8Array;
}

/** Longest side of a normalised film, pixels. */
const longestSide = 1024;
const fitting = { width: longestSide, height: longestSide, fit: "inside", withoutEnlargement: true } as const;

/**
 * Decodes a film, once, into the normalised film: EXIF orientation applied, grey, 8 bits, the longest side at most 1024
 * pixels (never enlarged), nothing padded.
 *
 * - Alpha is dropped, as in training: the levels are those of the colours, and a film that is half transparent throughout is not
 *   half as bright.
 * - Embedded colour profiles of grey and RGB films are ignored, as in training: a scanner's profile would bend the grey
 *   scale. CMYK has no meaning without one, so there it is applied.
 * - Samples of 16 bits are windowed (see `window16`): medical tools store 10 or 12 bits in 16.
 *
 * @throws ProblemError as `inspect` does; `film-damaged` also for what only decoding finds.
 */
export async function normalise(bytes: Uint8Array, limits: FilmLimits = filmLimits): Promise<NormalisedFilm> {
  const header = await readHeader(bytes, limits);
  try {
    const picture = lean(header.contentType, bytes);
    return await decodeTidied(picture, header, (each) => decode(each, header, limits));
  } catch (error) {
    throw damage("its picture data cannot be decoded", error);
  }
}

/** libvips takes what is harmless in a header for damage; what is wrong with the picture data is wrong without it, too. */
async function decodeTidied<T>(
  bytes: Uint8Array,
  header: Pick<FilmHeader, "contentType" | "cmyk">,
  decode: (bytes: Uint8Array) => Promise<T>,
): Promise<T> {
  try {
    return await decode(bytes);
  } catch (error) {
    const tidied = tidy(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), header);
    if (tidied === undefined) throw error;
    return decode(tidied);
  }
}

function tidy(bytes: Buffer, header: Pick<FilmHeader, "contentType" | "cmyk">): Buffer | undefined {
  if (header.contentType === "image/tiff") return tidyTiff(bytes);
  return header.contentType === "image/jpeg" ? tidyJpeg(bytes, header) : undefined;
}

async function decode(bytes: Uint8Array, header: FilmHeader, limits: FilmLimits): Promise<NormalisedFilm> {
  const whole = openPicture(bytes, {
    limitInputPixels: limits.maximumPixels,
    ignoreIcc: !header.cmyk,
    page: header.page,
  }).autoOrient();
  const picture = header.alpha ? await withoutAlpha(whole, header) : whole;
  picture.resize(fitting);
  if (header.depth === 16) {
    const { samples, width, height } = await samplesOf(picture);
    return film(width, height, window16(samples));
  }
  const { data, info } = await bytesOf(picture, header);
  return film(info.width, info.height, info.channels === 3 ? await greyOf(data, info) : data);
}

/**
 * The picture without the sample beside its colours. In a step of its own: sharp multiplies by that sample where it resizes, and
 * removes it only then (its `pipeline.cc`), so that a sample of zeros leaves black.
 */
async function withoutAlpha(picture: Sharp, header: FilmHeader): Promise<Sharp> {
  picture.removeAlpha();
  if (header.depth === 16) {
    const { samples, width, height } = await samplesOf(picture);
    return openSamples(samples, width, height);
  }
  const { data, info } = await bytesOf(picture, header);
  return openRaw(data, info.width, info.height, info.channels === 3 ? 3 : 1);
}

/** Samples of 8 bits, RGB or grey. */
function bytesOf(picture: Sharp, { rgb }: FilmHeader) {
  return picture
    .toColourspace(rgb ? "srgb" : "b-w")
    .raw()
    .toBuffer({ resolveWithObject: true });
}

/** Grey samples of 16 bits. */
async function samplesOf(picture: Sharp) {
  const { data, info } = await picture
    .toColourspace("grey16")
    .raw({ depth: "ushort" })
    .toBuffer({ resolveWithObject: true });
  const samples = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  return { samples, width: info.width, height: info.height };
}

/**
 * Samples of 16 bits as a normalised film.
 * @param asked how the file asks for their levels to be shown
 * @param use the levels in use, where some of the samples are none of the film's
 */
export async function normaliseSamples(
  samples: Uint16Array,
  { width, height }: Pick<NormalisedFilm, "width" | "height">,
  asked: readonly Asked[],
  use?: Span,
): Promise<NormalisedFilm> {
  const resized = await samplesOf(openSamples(samples, width, height).resize(fitting));
  return film(resized.width, resized.height, window16(resized.samples, asked, use));
}

/**
 * The samples of a grey JPEG of 8 bits, as they are coded: neither turned by its EXIF nor bent by its colour profile. For one inside
 * another file, which tells all that.
 *
 * @throws ProblemError `film-damaged` also where it is something else, or of another size
 */
export async function greyJpegSamples(bytes: Uint8Array, width: number, height: number): Promise<Uint8Array> {
  try {
    await walk("image/jpeg", bytes);
    const open = (jpeg: Uint8Array) =>
      openPicture(jpeg, { limitInputPixels: width * height, ignoreIcc: true });
    const found = await open(bytes).metadata();
    if (found.format !== "jpeg" || found.width !== width || found.height !== height || found.channels !== 1)
      throw new Error(
        `a ${found.format} of ${found.width} × ${found.height}, ${found.channels} samples a pixel`,
      );
    return await decodeTidied(bytes, { contentType: "image/jpeg", cmyk: false }, (jpeg) =>
      open(jpeg).toColourspace("b-w").raw().toBuffer(),
    );
  } catch (error) {
    throw damage("its picture data cannot be decoded", error);
  }
}

/** The film with black and white exchanged. */
export function negative({ width, height, data }: NormalisedFilm): NormalisedFilm {
  return { width, height, data: data.map((level) => 255 - level) };
}

/**
 * RGB as grey. A film that was kept in colour has nearly always three equal samples a pixel, which are its grey: to see that
 * takes less than libvips' conversion by linear light, with the same result.
 */
async function greyOf(
  rgb: Buffer,
  { width, height }: { width: number; height: number },
): Promise<Uint8Array> {
  return equalSamples(rgb) ?? openRaw(rgb, width, height, 3).toColourspace("b-w").raw().toBuffer();
}

/**
 * The film as an 8-bit grey PNG that is not packed: the next stage reads it at once, and packing took a tenth of the time
 * that the models take. `packFilm` makes it small.
 */
export function encodeFilm({ width, height, data }: NormalisedFilm): Buffer {
  return encodeStoredGrey(data, width, height);
}

/**
 * The same film as a small PNG, for those who look at it.
 *
 * @throws ProblemError `film-altered` where the bytes are not a PNG of `encodeFilm`.
 */
export async function packFilm(png: Uint8Array): Promise<Buffer> {
  const { width, height, data } = await decodeFilm(png);
  return openRaw(data, width, height, 1).toColourspace("b-w").png({ compressionLevel: 6 }).toBuffer();
}

/**
 * Reads a PNG of `encodeFilm` back, every level as it was.
 *
 * @throws ProblemError `film-altered` where the bytes are not such a PNG: it was ours, so no film of a client's is at fault.
 */
export async function decodeFilm(png: Uint8Array): Promise<NormalisedFilm> {
  const stored = decodeStoredGrey(png);
  if (stored !== undefined) return stored;
  try {
    const picture = openPicture(png, { limitInputPixels: longestSide ** 2, ignoreIcc: true });
    const { data, info } = await picture.toColourspace("b-w").raw().toBuffer({ resolveWithObject: true });
    return film(info.width, info.height, data);
  } catch (error) {
    throw new ProblemError("film-altered", "The normalised film cannot be read.", {
      cause: error,
      retryable: false,
    });
  }
}

function film(width: number, height: number, data: Uint8Array): NormalisedFilm {
  if (data.length !== width * height)
    throw new Error(`expected one sample a pixel, got ${data.length / width / height}`);
  return { width, height, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
}
