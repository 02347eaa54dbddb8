import type { DicomHeader } from "@osteon/imaging/dicom";
import { move, transferableSymbol, valueSymbol } from "piscina";
import { decodeSamples, type Levels } from "./pixels.js";

/** What a thread is asked. */
export interface Order {
  bytes: Uint8Array;
  header: DicomHeader;
}

/** The levels, or why the film has none: any other end of a thread is no fault of the film's. */
export type Decoded = Levels | { damaged: string };

/** Runs in a thread of its own: codecs take a second for a large film, and nothing else may wait for that. */
export default async function decode({ bytes, header }: Order): Promise<unknown> {
  try {
    const film = await decodeSamples(bytes, header);
    return move({ [transferableSymbol]: film.levels.buffer, [valueSymbol]: film });
  } catch (error) {
    return { damaged: error instanceof Error ? error.message : String(error) };
  }
}
