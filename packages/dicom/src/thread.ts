import type { DicomHeader } from "@osteon/imaging/dicom";
import { move } from "piscina";
import { decodeSamples } from "./pixels.js";

/** What a thread is asked. */
export interface Order {
  bytes: Uint8Array;
  header: DicomHeader;
}

/** The levels, or why the film has none: any other end of a thread is no fault of the film's. */
export type Decoded = Uint16Array | { damaged: string };

/** Runs in a thread of its own: codecs take a second for a large film, and nothing else may wait for that. */
export default async function decode({ bytes, header }: Order): Promise<unknown> {
  try {
    return move(await decodeSamples(bytes, header));
  } catch (error) {
    return { damaged: error instanceof Error ? error.message : String(error) };
  }
}
