import { ProblemError } from "@osteon/shared";
import type { FastifyReply, FastifyRequest } from "fastify";
import { parseRange } from "../libraries/fastify.js";
import { matches, notModified } from "./etag.js";

interface Content {
  /** Or what makes them, which is not asked where the client has them. */
  bytes: Buffer | (() => Promise<Buffer>);
  /** Asked before a client is told that it has what was not made for it: throws where there is nothing. */
  requireThere?: () => Promise<void>;
  type: string;
  /** Names the bytes. */
  tag: string;
  /** Whether a part of them may be asked for. */
  ranges?: boolean;
}

/**
 * A picture never changes, but it may be erased: caches keep it and ask each time. They are one person's: what a key may see
 * another may not.
 * @throws ProblemError `range-not-satisfiable`, and what `bytes` and `requireThere` throw; with no tag then, as there is nothing that it names
 */
export async function sendBytes(
  { headers, method }: FastifyRequest,
  reply: FastifyReply,
  { bytes: given, requireThere, type, tag, ranges = false }: Content,
): Promise<FastifyReply> {
  const etag = `"${tag}"`;
  const named = () => reply.header("etag", etag).header("cache-control", "private, no-cache");
  if (ranges) reply.header("accept-ranges", "bytes");
  if (matches(headers["if-none-match"], etag)) {
    await requireThere?.();
    return notModified(named().removeHeader("content-disposition"));
  }
  const bytes = typeof given === "function" ? await given() : given;
  // HEAD tells what GET would, but of a part nothing.
  const part = ranges && method === "GET" ? rangeOf(headers, etag, bytes.length) : undefined;
  if (part === "none") {
    reply.header("content-range", `bytes */${bytes.length}`).removeHeader("content-disposition");
    throw new ProblemError("range-not-satisfiable");
  }
  named().type(type);
  if (part === undefined) return reply.send(bytes);
  return reply
    .code(206)
    .header("content-range", `bytes ${part.start}-${part.end}/${bytes.length}`)
    .send(bytes.subarray(part.start, part.end + 1));
}

/** The one range that is asked for, ends included. Several, or of another unit, are answered with all, as HTTP allows. */
function rangeOf(
  headers: FastifyRequest["headers"],
  etag: string,
  size: number,
): { start: number; end: number } | "none" | undefined {
  const { range } = headers;
  const condition = headers["if-range"];
  if (range === undefined || (condition !== undefined && condition !== etag)) return undefined;
  const { code, type, ranges } = parseRange(size, range);
  if (type !== "bytes" || ranges.length > 1) return undefined;
  if (ranges.length === 0) return code === 1 ? undefined : "none";
  return ranges[0];
}
