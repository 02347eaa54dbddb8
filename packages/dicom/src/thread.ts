import type { DicomHeader } from "@osteon/imaging";
import { move } from "piscina";
import { decodeSamples } from "./pixels.js";

/** What a thread is asked. */
export interface Order {
  bytes: Uint8Array;
  header: DicomHeader;
}

/** Runs in a thread of its own: codecs take a second for a large film, and nothing else may wait for that. */
export default async function decode({ bytes, header }: Order): Promise<unknown> {
  return move(await decodeSamples(bytes, header));
}
