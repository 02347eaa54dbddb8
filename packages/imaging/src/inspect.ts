import { ProblemError } from "@osteon/shared";
import { openPicture, type Picture } from "./decoder.js";
import { type FilmLimits, filmLimits } from "./limits.js";
import { type FilmType, nameStranger, sniff } from "./sniff.js";
import { walk } from "./structure/index.js";
import { damage } from "./structure/refusals.js";

/** What the header of an acceptable film says. */
export interface FilmInfo {
  readonly contentType: Exclude<FilmType, "application/dicom">;
  /** Pixels, with the EXIF orientation applied. */
  readonly width: number;
  readonly height: number;
  /** Length of the file. */
  readonly bytes: number;
}

/** What decoding needs to know beside it. */
export interface FilmHeader extends FilmInfo {
  /** 16 where a sample has more than 8 bits. */
  readonly depth: 8 | 16;
  /** Which picture of the file is the film, from 0. */
  readonly page: number;
  readonly alpha: boolean;
  /** Whether the last sample is neither colour nor transparency. */
  readonly extra: boolean;
  readonly cmyk: boolean;
  readonly rgb: boolean;
}

/**
 * Checks a film as it came, cheaply: magic bytes, header and structure, no pixel.
 *
 * @throws ProblemError `body-empty`, `film-too-large`, `media-type-unsupported`, `dicom-unsupported`, `film-damaged`,
 *   `film-animated`, `film-too-many-pixels` or `film-too-small`, in this order.
 */
export async function inspect(bytes: Uint8Array, limits: FilmLimits = filmLimits): Promise<FilmInfo> {
  const { contentType, width, height } = await readHeader(bytes, limits);
  return { contentType, width, height, bytes: bytes.length };
}

/** `inspect`, with what decoding needs. */
export async function readHeader(bytes: Uint8Array, limits: FilmLimits): Promise<FilmHeader> {
  const contentType = admit(bytes, limits);
  const { animated, page = 0, opaque = false } = walk(contentType, bytes);
  const picture = await readMetadata(bytes, page);
  if (animated) throw new ProblemError("film-animated");
  const { width, height } = picture.autoOrient;
  if (width * height > limits.maximumPixels) {
    const most = limits.maximumPixels / 1e6;
    throw new ProblemError(
      "film-too-many-pixels",
      `The film has ${width} × ${height} pixels; at most ${most} million are read.`,
    );
  }
  if (Math.min(width, height) < limits.minimumSide) {
    throw new ProblemError(
      "film-too-small",
      `The film has ${width} × ${height} pixels; it needs at least ${limits.minimumSide} on each side.`,
    );
  }
  return {
    contentType,
    width,
    height,
    bytes: bytes.length,
    depth: depthOf(picture),
    page,
    alpha: picture.hasAlpha && !opaque,
    extra: picture.hasAlpha && opaque,
    cmyk: picture.space === "cmyk",
    rgb: picture.space === "srgb",
  };
}

function admit(bytes: Uint8Array, limits: FilmLimits): FilmInfo["contentType"] {
  if (bytes.length === 0) throw new ProblemError("body-empty");
  if (bytes.length > limits.maximumBytes) throw new ProblemError("film-too-large");
  const type = sniff(bytes);
  if (type === "application/dicom") throw new ProblemError("dicom-unsupported");
  if (type === undefined) {
    const stranger = nameStranger(bytes);
    const seen = stranger === undefined ? "The content is none of them." : `The content is ${stranger}.`;
    throw new ProblemError(
      "media-type-unsupported",
      `A film must be a JPEG, PNG, WebP or TIFF picture. ${seen}`,
    );
  }
  return type;
}

async function readMetadata(bytes: Uint8Array, page: number): Promise<Picture> {
  try {
    // Without a limit, so that a picture that is too big is told so, not that it is damaged.
    return await openPicture(bytes, { limitInputPixels: false, page }).metadata();
  } catch (error) {
    throw damage("its header cannot be read", error);
  }
}

function depthOf({ depth }: Picture): 8 | 16 {
  if (depth === "uchar") return 8;
  if (depth === "ushort") return 16;
  throw new ProblemError(
    "media-type-unsupported",
    `Samples of the kind "${depth}" are not read: send 8 or 16 bits.`,
  );
}
