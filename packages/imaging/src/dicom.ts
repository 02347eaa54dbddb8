import { ProblemError } from "@osteon/shared";
import { ElementValues, ElementWalk, type Encoding, fragmentsAt, type Place } from "./dicom-elements.js";
import { type Modality, readModality } from "./modality.js";
import { damage } from "./structure/refusals.js";
import { readVoi, type Voi } from "./voi.js";
import type { Span } from "./window.js";

export { askedBy } from "./voi.js";
export { fallsOver, levelsInUse, type Span } from "./window.js";

/** How a film's picture is kept: by the names of the transfer syntaxes (DICOM PS3.5, annex A). */
export type DicomCoding =
  | "little-endian"
  | "big-endian"
  | "rle"
  | "jpeg"
  | "jpeg-lossless"
  | "jpeg-ls"
  | "jpeg-2000"
  | "htj2k";

/** What a DICOM file says of its film. */
export interface DicomHeader {
  readonly width: number;
  readonly height: number;
  readonly coding: DicomCoding;
  /** Whether its syntax lets JPEG-LS, JPEG 2000 or HTJ2K lose. */
  readonly lossy: boolean;
  /** Bits of a sample's place, those in use, and the highest of them. */
  readonly bitsAllocated: 8 | 16;
  /** Whether samples of 8 bits are kept in words, and so turned round two by two (PS3.5, 7.3). */
  readonly turned: boolean;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly signed: boolean;
  /** Whether the least level is white: MONOCHROME1, or levels that stand for less the greater they are, but not both. */
  readonly inverted: boolean;
  /** The levels of what is no part of the film. */
  readonly padding: Span | undefined;
  readonly modality: Modality;
  /** How the file asks for its levels to be shown: in the first way that counts. */
  readonly voi: readonly Voi[];
  /** Where the picture's bytes begin, or its fragments. */
  readonly pictureAt: number;
}

const tags = {
  transferSyntax: 0x00020010,
  kind: 0x00080016,
  modality: 0x00080060,
  conversion: 0x00080064,
  imagerSpacing: 0x00181164,
  scannedSpacing: 0x00182010,
  samplesPerPixel: 0x00280002,
  photometric: 0x00280004,
  frames: 0x00280008,
  rows: 0x00280010,
  columns: 0x00280011,
  spacing: 0x00280030,
  aspectRatio: 0x00280034,
  bitsAllocated: 0x00280100,
  bitsStored: 0x00280101,
  highBit: 0x00280102,
  signed: 0x00280103,
  padding: 0x00280120,
  paddingLimit: 0x00280121,
  picture: 0x7fe00010,
} as const;

/** Behind the preamble and "DICM"; up to the data set it is always written alike. */
const metaAt = 132;
const metaEncoding: Encoding = { explicit: true, littleEndian: true };
const dataSetTag = 0x00030000;

/** The kinds of device whose pictures are films: computed, digital, and film put on a scanner. */
const modalities = ["CR", "DX", "RG"];

/** The SOP classes of secondary captures (PS3.4, B.5): of one frame, and of several of each kind of sample. They keep the modality of what they show. */
const secondaryCapture = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.7(\.[1-4])?$/;

/** A map, since a syntax of the file's own may be named as a property that every object has. */
const codings: ReadonlyMap<string, DicomCoding> = new Map([
  ["1.2.840.10008.1.2", "little-endian"],
  ["1.2.840.10008.1.2.1", "little-endian"],
  ["1.2.840.10008.1.2.2", "big-endian"],
  ["1.2.840.10008.1.2.5", "rle"],
  ["1.2.840.10008.1.2.4.50", "jpeg"],
  ["1.2.840.10008.1.2.4.57", "jpeg-lossless"],
  ["1.2.840.10008.1.2.4.70", "jpeg-lossless"],
  ["1.2.840.10008.1.2.4.80", "jpeg-ls"],
  ["1.2.840.10008.1.2.4.81", "jpeg-ls"],
  ["1.2.840.10008.1.2.4.90", "jpeg-2000"],
  ["1.2.840.10008.1.2.4.91", "jpeg-2000"],
  ["1.2.840.10008.1.2.4.201", "htj2k"],
  ["1.2.840.10008.1.2.4.202", "htj2k"],
  ["1.2.840.10008.1.2.4.203", "htj2k"],
] as const);

/** Of JPEG-LS, JPEG 2000 and HTJ2K, which have another for coding without loss. */
const lossySyntaxes = ["1.2.840.10008.1.2.4.81", "1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.203"];

/**
 * Reads what a DICOM file (PS3.10) says of its picture, and checks that the picture is there; no pixel is decoded. Nothing of the
 * patient is read.
 *
 * @throws ProblemError `dicom-unsupported` for what is no film, is kept in a way that is not read, or has no header that can be read;
 *   `film-animated` for several frames; `film-damaged`.
 */
export function readDicomHeader(bytes: Uint8Array): DicomHeader {
  const { data, coding, lossy, picture, modality, voi } = readElements(bytes);
  const device = data.text(tags.modality) ?? "";
  if (!modalities.includes(device))
    throw unsupported(
      `DICOM of the modality "${printable(device)}" is no X-ray film: ${modalities.join(", ")} are read.`,
    );
  // One of a sheet of film that was put on a scanner is the film; of a screen or a document it is not.
  if (secondaryCapture.test(data.text(tags.kind) ?? "") && data.text(tags.conversion) !== "DF")
    throw unsupported("A DICOM secondary capture is no film, unless it is of a digitised one (DF).");
  if ((data.number(tags.frames) ?? 1) > 1)
    throw new ProblemError("film-animated", "A DICOM film must be of one frame, not of several.");
  const photometric = data.text(tags.photometric) ?? "";
  if (data.short(tags.samplesPerPixel) !== 1 || !/^MONOCHROME[12]$/.test(photometric))
    throw unsupported("A DICOM film must be grey: one sample a pixel, MONOCHROME1 or MONOCHROME2.");
  checkAspect(data);
  const bitsAllocated = data.short(tags.bitsAllocated);
  if (bitsAllocated !== 8 && bitsAllocated !== 16)
    throw unsupported(`DICOM of ${bitsAllocated ?? "unknown"} bits a sample is not read: 8 and 16 are.`);
  const bitsStored = data.short(tags.bitsStored) ?? bitsAllocated;
  const highBit = data.short(tags.highBit) ?? bitsStored - 1;
  const [height, width] = [data.short(tags.rows) ?? 0, data.short(tags.columns) ?? 0];
  if (width === 0 || height === 0) throw damage("the DICOM file does not tell its size");
  if (bitsStored < 1 || highBit >= bitsAllocated || highBit < bitsStored - 1)
    throw damage("the DICOM file's bits make no sense");
  const signed = data.short(tags.signed) === 1;
  return {
    width,
    height,
    coding,
    lossy,
    bitsAllocated,
    turned: bitsAllocated === 8 && coding === "big-endian" && picture?.vr === "OW",
    bitsStored,
    highBit,
    signed,
    inverted: (photometric === "MONOCHROME1") !== modality.falls,
    padding: readPadding(data, signed),
    modality,
    voi,
    pictureAt: checkPicture(bytes, picture, coding, (width * height * bitsAllocated) / 8),
  };
}

/** Share by which a pixel may be higher than wide, or less high: spacings are measured. */
const mostOblong = 0.05;

/** The spacings of rows and columns, in millimetres, tell the same as the ratio; a file has that only where it has none of them (PS3.3, C.7.6.3.1.7). */
function checkAspect(data: ElementValues): void {
  for (const tag of [tags.aspectRatio, tags.spacing, tags.imagerSpacing, tags.scannedSpacing]) {
    const [height = 0, width = 0] = data.numbers(tag);
    // Two positive numbers, or it tells nothing.
    if (height > 0 && width > 0 && Math.abs(Math.log(height / width)) > mostOblong)
      throw unsupported(
        "A DICOM film whose pixels are not square is not read: it would be examined distorted.",
      );
  }
}

/** Padding is of one level, or of all between two, either of which may be the greater (PS3.3, C.7.5.1.1.2). */
function readPadding(data: ElementValues, signed: boolean): Span | undefined {
  const value = data.short(tags.padding, signed);
  if (value === undefined) return undefined;
  const limit = data.short(tags.paddingLimit, signed) ?? value;
  return { low: Math.min(value, limit), high: Math.max(value, limit) };
}

/** The coded bytes of a film's picture that is kept in fragments. */
export function codedPicture(bytes: Uint8Array, { pictureAt }: DicomHeader): Uint8Array {
  return Buffer.concat(fragmentsAt(bytes, pictureAt));
}

function readElements(bytes: Uint8Array) {
  const walk = new ElementWalk(bytes);
  try {
    const meta = walk.until(dataSetTag, metaAt, metaEncoding);
    const syntax = new ElementValues(bytes, meta.places, true).text(tags.transferSyntax) ?? "";
    const coding = codings.get(syntax);
    // Before the rest, which may be packed by that syntax.
    if (coding === undefined)
      throw unsupported(`The DICOM transfer syntax "${printable(syntax)}" is not read.`);
    const encoding = { explicit: syntax !== "1.2.840.10008.1.2", littleEndian: coding !== "big-endian" };
    const { places } = walk.until(tags.picture, meta.end, encoding);
    const read = (found: ReadonlyMap<number, Place>) =>
      new ElementValues(bytes, found, encoding.littleEndian);
    const data = read(places);
    const set = { data, places, walk, encoding, read };
    const modality = readModality(set);
    const voi = readVoi(set, modality);
    return {
      data,
      coding,
      lossy: lossySyntaxes.includes(syntax),
      picture: places.get(tags.picture),
      modality,
      voi,
    };
  } catch (error) {
    if (error instanceof ProblemError && error.code === "dicom-unsupported") throw error;
    throw new ProblemError("dicom-unsupported", "The file's DICOM header cannot be read.", { cause: error });
  }
}

/** Checks that all of the picture is in the file: its samples, or its fragments to the last. Returns where it begins. */
function checkPicture(
  bytes: Uint8Array,
  place: Place | undefined,
  coding: DicomCoding,
  samples: number,
): number {
  if (place === undefined) throw damage("the DICOM file has no picture data");
  if (coding === "little-endian" || coding === "big-endian") {
    if (place.length === undefined || place.length < samples || place.offset + samples > bytes.length)
      throw damage("the DICOM file is cut off inside its picture data");
  } else fragmentsAt(bytes, place.offset);
  return place.offset;
}

function unsupported(detail: string): ProblemError {
  return new ProblemError("dicom-unsupported", detail);
}

/** What a file says goes into an answer only so far. */
function printable(text: string): string {
  return text.replace(/[^\w. -]/g, "").slice(0, 64);
}
