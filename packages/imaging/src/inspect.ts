import { ProblemError } from "@osteon/shared";
import { openPicture, type Picture } from "./decoder.js";
import type { DicomHeader } from "./dicom.js";
import { type FilmLimits, filmLimits } from "./limits.js";
import { type FilmType, nameStranger, sniff } from "./sniff.js";
import { lean, type PictureType, walk } from "./structure/index.js";
import { damage } from "./structure/refusals.js";

/** What the header of an acceptable film says. */
export interface FilmInfo {
  readonly contentType: FilmType;
  /** Pixels, with the EXIF orientation applied. */
  readonly width: number;
  readonly height: number;
  /** Length of the file. */
  readonly bytes: number;
}

/** What decoding a picture needs to know beside it. */
export interface FilmHeader extends FilmInfo {
  readonly contentType: PictureType;
  /** 16 where a sample has more than 8 bits. */
  readonly depth: 8 | 16;
  /** Which picture of the file is the film, from 0. */
  readonly page: number;
  /** Whether there is a sample beside the colours, transparency or not. */
  readonly alpha: boolean;
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
  const contentType = admit(bytes, limits);
  const { width, height } =
    contentType === "application/dicom"
      ? await inspectDicom(bytes, limits)
      : await readHeader(bytes, limits, contentType);
  return { contentType, width, height, bytes: bytes.length };
}

/** `inspect` of a DICOM film, with what decoding needs. */
export async function inspectDicom(bytes: Uint8Array, limits: FilmLimits): Promise<DicomHeader> {
  // Read when the first comes: most systems never see one.
  const { readDicomHeader } = await import("./dicom.js");
  const header = readDicomHeader(bytes);
  checkSize(header, limits);
  return header;
}

/** `inspect` of a picture, with what decoding needs. */
export async function readHeader(
  bytes: Uint8Array,
  limits: FilmLimits,
  contentType = pictureType(bytes, limits),
): Promise<FilmHeader> {
  const { animated, page = 0 } = await walk(contentType, bytes);
  const picture = await readMetadata(lean(contentType, bytes), page);
  if (animated) throw new ProblemError("film-animated");
  const { width, height } = picture.autoOrient;
  checkSize({ width, height }, limits);
  return {
    contentType,
    width,
    height,
    bytes: bytes.length,
    depth: depthOf(picture),
    page,
    alpha: picture.hasAlpha,
    cmyk: picture.space === "cmyk",
    rgb: picture.space === "srgb",
  };
}

function checkSize({ width, height }: Pick<FilmInfo, "width" | "height">, limits: FilmLimits): void {
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
}

/** @throws ProblemError `media-type-unsupported` also for DICOM, which is no picture. */
function pictureType(bytes: Uint8Array, limits: FilmLimits): PictureType {
  const type = admit(bytes, limits);
  if (type === "application/dicom")
    throw new ProblemError("media-type-unsupported", "A DICOM file is no picture.");
  return type;
}

function admit(bytes: Uint8Array, limits: FilmLimits): FilmType {
  if (bytes.length === 0) throw new ProblemError("body-empty");
  if (bytes.length > limits.maximumBytes) throw new ProblemError("film-too-large");
  const type = sniff(bytes);
  if (type === undefined) {
    const stranger = nameStranger(bytes);
    const seen = stranger === undefined ? "The content is none of them." : `The content is ${stranger}.`;
    throw new ProblemError(
      "media-type-unsupported",
      `A film must be a JPEG, PNG, WebP or TIFF picture, or a DICOM file. ${seen}`,
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
