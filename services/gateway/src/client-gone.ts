import type { Socket } from "node:net";
import type { FastifyReply } from "fastify";

type Raw = Pick<FastifyReply, "raw">;
type Leaving = Set<() => void>;

const leavingOf = new WeakMap<Socket, Leaving>();

/**
 * Calls `then` once: when the answer was sent, or its client has gone, or at once where it has. The connection is asked too: an answer that
 * waits behind another one of the same connection (HTTP pipelining) is told nothing when that breaks.
 *
 * @returns gives it up
 */
export function onceGone(
  reply: Raw & { request?: { raw?: { socket: Socket } } },
  then: () => void,
): () => void {
  const { raw } = reply;
  const socket = reply.request?.raw?.socket;
  const leaving = socket === undefined ? undefined : closeOf(socket);
  const leave = () => {
    raw.off("close", gone);
    leaving?.delete(gone);
  };
  const gone = () => {
    leave();
    then();
  };
  raw.once("close", gone);
  leaving?.add(gone);
  if (raw.destroyed || socket?.destroyed === true) gone();
  return leave;
}

/** One listener a connection, however many answers it has. */
function closeOf(socket: Socket): Leaving {
  const known = leavingOf.get(socket);
  if (known !== undefined) return known;
  const leaving: Leaving = new Set();
  leavingOf.set(socket, leaving);
  socket.once("close", () => {
    for (const gone of [...leaving]) gone();
  });
  return leaving;
}
