import {
  type DicomHeader,
  type FilmLimits,
  greyJpegSamples,
  inspectDicom,
  type NormalisedFilm,
  negative,
  normaliseSamples,
} from "@osteon/imaging";
import { askedBy, codedPicture } from "@osteon/imaging/dicom";
import { ProblemError } from "@osteon/shared";
import pLimit from "p-limit";
import { Piscina } from "piscina";
import { offsetOf } from "./pixels.js";
import type { Decoded, Order } from "./thread.js";

/** Threads that decode; the first starts with the first film, and each ends when it was idle for a minute. */
const mostThreads = 2;
let threads: Piscina<Order, Decoded> | undefined;
/** A film's time must not run while it waits for a thread. */
const decoding = pLimit(mostThreads);

/**
 * Time for a film to be decoded, milliseconds: a multiple of what the slowest codec takes on a busy core. What takes longer was made to,
 * and would keep its thread for hours; each try of the film ends by it.
 */
function decodeTime({ width, height }: DicomHeader): number {
  return 20_000 + Math.ceil((width * height) / 500);
}

/**
 * Decodes a DICOM film, once, into the normalised film, as `normalise` does with pictures: MONOCHROME1 turned round, padding black,
 * and the levels in use mapped to 8 bits, by the file's own table, or its window where that is narrower.
 *
 * @throws ProblemError as `inspect` does; `film-damaged` also for what only decoding finds. Anything else may be no fault of the film's,
 *   and trying again may help.
 */
export async function normaliseDicom(
  bytes: Uint8Array,
  limits: FilmLimits,
  timeOf = decodeTime,
): Promise<NormalisedFilm> {
  const header = await inspectDicom(bytes, limits);
  const order = header.coding === "jpeg" ? await unpackJpeg(bytes, header) : { bytes, header };
  const decoded = await decoding(() => decode(order, timeOf(header)));
  if ("damaged" in decoded)
    throw new ProblemError("film-damaged", "The film is damaged: its picture data cannot be decoded.", {
      cause: new Error(decoded.damaged),
    });
  const asked = askedBy(header, offsetOf(order.header));
  const film = await normaliseSamples(decoded.levels, header, asked, decoded.use);
  return header.inverted ? negative(film) : film;
}

/**
 * Decodes in a thread, which ends with what it is at where the time is over.
 * @throws ProblemError that may be tried again then: the time is also over where the machine is busy, or the process stood still
 */
async function decode(order: Order, milliseconds: number): Promise<Decoded> {
  threads ??= new Piscina({
    filename: new URL("./thread.js", import.meta.url).href,
    minThreads: 0,
    maxThreads: mostThreads,
    idleTimeout: 60_000,
  });
  const signal = AbortSignal.timeout(milliseconds);
  try {
    return await threads.run(order, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new ProblemError("processing-failed", "The film's picture data was not decoded in its time.", {
      cause: new Error(`not decoded in ${milliseconds} ms`),
    });
  }
}

/** A film in baseline JPEG as one that is not compressed. Its samples have 8 bits (PS3.5, 8.2.1), whatever the header says. */
async function unpackJpeg(bytes: Uint8Array, header: DicomHeader): Promise<Order> {
  const { width, height } = header;
  return {
    bytes: await greyJpegSamples(codedPicture(bytes, header), width, height),
    header: { ...header, coding: "little-endian", bitsAllocated: 8, bitsStored: 8, highBit: 7, pictureAt: 0 },
  };
}
