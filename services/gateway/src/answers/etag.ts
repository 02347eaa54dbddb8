import { createHash } from "node:crypto";
import type { Analysis } from "@osteon/shared";
import type { FastifyReply } from "fastify";

/** Names the state of an analysis: equal states have equal names. */
export function etagOf(analysis: Analysis): string {
  return tagOf(JSON.stringify(analysis));
}

/** Names content: equal bytes have equal names. */
export function tagOf(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("base64url").slice(0, 22);
}

/** Whether an `If-None-Match` names the tag (given with its quotes). */
export function matches(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  return header.split(",").some((each) => ["*", tag].includes(each.trim().replace(/^W\//, "")));
}

/** Answers that the client has it: without a body, and without the length of one. */
export function notModified(reply: FastifyReply): FastifyReply {
  return reply.code(304).send();
}
