import type { FastifyReply } from "fastify";

/** Names further headers of the request by which its answer differs. */
export function vary(reply: FastifyReply, headers: string): void {
  const known = reply.getHeader("vary");
  reply.header("vary", known === undefined ? headers : `${known}, ${headers}`);
}
