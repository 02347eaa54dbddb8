import { setImmediate as turn } from "node:timers/promises";
import { crc32 } from "node:zlib";
import type { Structure } from "./index.js";
import { damage, mostParts, unreadable } from "./refusals.js";

/** What is summed up in one step, bytes: one to three milliseconds. */
const sliceBytes = 1024 * 1024;

/** What a chunk's checksum is of: its type and its data. */
interface Span {
  start: number;
  end: number;
}

/** A chunk of a PNG. */
interface Chunk {
  readonly type: string;
  /** Where it begins, with its length, and where the next does. */
  readonly at: number;
  readonly end: number;
}

/** A PNG's chunks from IHDR to IEND (PNG third edition, 5.3). */
export function* chunksOf(bytes: Buffer): Generator<Chunk, void> {
  let at = 8;
  for (let chunks = 0; ; chunks++) {
    if (chunks === mostParts) throw unreadable(`A PNG of more than ${mostParts} chunks is not read.`);
    if (at + 12 > bytes.length) throw damage("the PNG ends before its IEND chunk");
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString("latin1", at + 4, at + 8);
    const end = at + 12 + length;
    if (end > bytes.length) throw damage("the PNG is cut off inside a chunk");
    if (chunks === 0 && (type !== "IHDR" || length !== 13))
      throw damage("the PNG does not begin with its header");
    yield { type, at, end };
    if (type === "IEND") return;
    at = end;
  }
}

/** Walks a PNG's chunks, and sums up those that the picture is made of; `acTL` makes it an animation. */
export async function walkPng(bytes: Buffer): Promise<Structure> {
  const summed: Span[] = [];
  let pictured = false;
  let animated = false;
  for (const { type, at, end } of chunksOf(bytes)) {
    if (type === "acTL") animated = true;
    if (type === "IDAT") pictured = true;
    if (type !== "IEND" && isCritical(type)) summed.push({ start: at + 4, end: end - 4 });
  }
  if (!pictured) throw damage("the PNG has no picture data");
  await checkSums(bytes, summed);
  return { animated };
}

/** By the case of its first letter (5.4): all else a viewer may pass over, and does where it is damaged. */
function isCritical(type: string): boolean {
  return /^[A-Z]/.test(type);
}

async function checkSums(bytes: Buffer, spans: readonly Span[]): Promise<void> {
  let sinceTurn = 0;
  for (const { start, end } of spans) {
    let sum = 0;
    for (let at = start; at < end; at += sliceBytes) {
      const slice = bytes.subarray(at, Math.min(end, at + sliceBytes));
      sum = crc32(slice, sum);
      sinceTurn += slice.length;
      if (sinceTurn < sliceBytes) continue;
      await turn();
      sinceTurn = 0;
    }
    if (sum !== bytes.readUInt32BE(end)) throw damage("a chunk of the PNG does not have its checksum");
  }
}
