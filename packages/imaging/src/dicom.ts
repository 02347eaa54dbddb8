import { ProblemError } from "@osteon/shared";
import dicomParser, { type DataSet, type Element } from "dicom-parser";
import { damage } from "./structure/refusals.js";

/** How a film's picture is kept: by the names of the transfer syntaxes (DICOM PS3.5, annex A). */
export type DicomCoding =
  | "little-endian"
  | "big-endian"
  | "rle"
  | "jpeg"
  | "jpeg-lossless"
  | "jpeg-ls"
  | "jpeg-2000";

/** What a DICOM file says of its film. */
export interface DicomHeader {
  readonly width: number;
  readonly height: number;
  readonly coding: DicomCoding;
  /** Bits of a sample's place, those in use, and the highest of them. */
  readonly bitsAllocated: 8 | 16;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly signed: boolean;
  /** MONOCHROME1: the least level is white. */
  readonly inverted: boolean;
  /** The level of what is no part of the film. */
  readonly padding: number | undefined;
  /** The window that the file asks for, in stored levels. */
  readonly window: { readonly low: number; readonly high: number } | undefined;
}

/** Before its picture a film's file has some kilobytes; a small picture of it or a maker's own data may make it more. */
const mostHeaderBytes = 512 * 1024;
const pixelData = "x7fe00010";
/** The kinds of device whose pictures are films: computed, digital, and film put on a scanner. */
const modalities = ["CR", "DX", "RG"];

const codings: Readonly<Record<string, DicomCoding>> = {
  "1.2.840.10008.1.2": "little-endian",
  "1.2.840.10008.1.2.1": "little-endian",
  "1.2.840.10008.1.2.2": "big-endian",
  "1.2.840.10008.1.2.5": "rle",
  "1.2.840.10008.1.2.4.50": "jpeg",
  "1.2.840.10008.1.2.4.57": "jpeg-lossless",
  "1.2.840.10008.1.2.4.70": "jpeg-lossless",
  "1.2.840.10008.1.2.4.80": "jpeg-ls",
  "1.2.840.10008.1.2.4.81": "jpeg-ls",
  "1.2.840.10008.1.2.4.90": "jpeg-2000",
  "1.2.840.10008.1.2.4.91": "jpeg-2000",
};

/**
 * Reads what a DICOM file (PS3.10) says of its picture, and checks that the picture is there; no pixel is decoded. Nothing of the
 * patient is read.
 *
 * @throws ProblemError `dicom-unsupported` for what is no film, is kept in a way that is not read, or has no header that can be read;
 *   `film-animated` for several frames; `film-damaged`.
 */
export function readDicomHeader(bytes: Uint8Array): DicomHeader {
  const data = parse(bytes);
  const modality = data.string("x00080060") ?? "";
  if (!modalities.includes(modality))
    throw unsupported(
      `DICOM of the modality "${printable(modality)}" is no X-ray film: ${modalities.join(", ")} are read.`,
    );
  const syntax = data.string("x00020010") ?? "";
  const coding = codings[syntax];
  if (coding === undefined)
    throw unsupported(`The DICOM transfer syntax "${printable(syntax)}" is not read.`);
  if ((data.intString("x00280008") ?? 1) > 1) throw new ProblemError("film-animated");
  const photometric = data.string("x00280004") ?? "";
  if (data.uint16("x00280002") !== 1 || !/^MONOCHROME[12]$/.test(photometric))
    throw unsupported("A DICOM film must be grey: one sample a pixel, MONOCHROME1 or MONOCHROME2.");
  const bitsAllocated = data.uint16("x00280100");
  if (bitsAllocated !== 8 && bitsAllocated !== 16)
    throw unsupported(`DICOM of ${bitsAllocated ?? "unknown"} bits a sample is not read: 8 and 16 are.`);
  const bitsStored = data.uint16("x00280101") ?? bitsAllocated;
  const highBit = data.uint16("x00280102") ?? bitsStored - 1;
  const [height, width] = [data.uint16("x00280010") ?? 0, data.uint16("x00280011") ?? 0];
  if (width === 0 || height === 0) throw damage("the DICOM file does not tell its size");
  if (bitsStored < 1 || highBit >= bitsAllocated || highBit < bitsStored - 1)
    throw damage("the DICOM file's bits make no sense");
  checkPicture(bytes, data.elements[pixelData], coding, (width * height * bitsAllocated) / 8);
  const signed = data.uint16("x00280103") === 1;
  const padding = signed ? data.int16("x00280120") : data.uint16("x00280120");
  return {
    width,
    height,
    coding,
    bitsAllocated,
    bitsStored,
    highBit,
    signed,
    inverted: photometric === "MONOCHROME1",
    padding,
    window: windowOf(data),
  };
}

function parse(bytes: Uint8Array): DataSet {
  try {
    // No more than this: a file that consists of nothing but small elements would hold the event loop up.
    const head = bytes.subarray(0, mostHeaderBytes);
    return dicomParser.parseDicom(head, { untilTag: pixelData });
  } catch (error) {
    throw new ProblemError("dicom-unsupported", "The file's DICOM header cannot be read.", { cause: error });
  }
}

/** The linear window (PS3.3, C.11.2.1.2.1) that the file names first, taken back to stored levels. */
function windowOf(data: DataSet): DicomHeader["window"] {
  const [centre, width] = [data.floatString("x00281050"), data.floatString("x00281051")];
  const [slope, intercept] = [data.floatString("x00281053") ?? 1, data.floatString("x00281052") ?? 0];
  if (centre === undefined || width === undefined || !(width > 1) || !Number.isFinite(centre) || slope === 0)
    return undefined;
  const ends = [centre - 0.5 - (width - 1) / 2, centre - 0.5 + (width - 1) / 2].map(
    (end) => (end - intercept) / slope,
  );
  return { low: Math.min(...ends), high: Math.max(...ends) };
}

/** Checks that all of the picture is in the file: its samples, or its fragments to the last. */
function checkPicture(
  bytes: Uint8Array,
  element: Element | undefined,
  coding: DicomCoding,
  samples: number,
): void {
  if (element === undefined) throw damage("the DICOM file has no picture data");
  let offset = element.dataOffset;
  if (coding === "little-endian" || coding === "big-endian") {
    if (element.length < samples || offset + samples > bytes.length)
      throw damage("the DICOM file is cut off inside its picture data");
    return;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let items = 0; offset + 8 <= bytes.length; items++) {
    const [group, item, length] = [
      view.getUint16(offset, true),
      view.getUint16(offset + 2, true),
      view.getUint32(offset + 4, true),
    ];
    if (group === 0xfffe && item === 0xe0dd && items > 1) return;
    if (group !== 0xfffe || item !== 0xe000) throw damage("the DICOM file's fragments make no sense");
    offset += 8 + length;
  }
  throw damage("the DICOM file is cut off inside its picture data");
}

function unsupported(detail: string): ProblemError {
  return new ProblemError("dicom-unsupported", detail);
}

/** What a file says goes into an answer only so far. */
function printable(text: string): string {
  return text.replace(/[^\w. -]/g, "").slice(0, 64);
}
