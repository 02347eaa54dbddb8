import { createHash } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { digestOf } from "./sealed-json.js";

/** What is hashed in one step, bytes: one to three milliseconds. */
const sliceBytes = 1024 * 1024;

/** A film's bytes in slices, the event loop let go between two: hashing a large film in one step holds up all else. */
export async function* inSlices(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += sliceBytes) {
    if (at > 0) await turn();
    yield bytes.subarray(at, at + sliceBytes);
  }
}

/** `digestOf` of a whole film, which may be large. */
export async function digestOfFilm(bytes: Buffer): Promise<string> {
  if (bytes.length <= sliceBytes) return digestOf(bytes);
  const hash = createHash("sha256");
  for await (const slice of inSlices(bytes)) hash.update(slice);
  return `sha256:${hash.digest("hex")}`;
}
