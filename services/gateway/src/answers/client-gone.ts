import type { FastifyReply } from "fastify";

/** An answer under way. */
export type Answer = Pick<FastifyReply, "raw">;

/**
 * Calls `then` once: when the answer was sent, or its client has gone, or at once where it has.
 *
 * @returns gives it up
 */
export function onceGone({ raw }: Answer, then: () => void): () => void {
  if (raw.destroyed || raw.socket?.destroyed === true) {
    then();
    return () => undefined;
  }
  raw.once("close", then);
  return () => raw.off("close", then);
}
