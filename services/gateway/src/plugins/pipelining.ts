import { AsyncResource } from "node:async_hooks";
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** How many requests of one connection may wait behind the one that is being answered; it ends at the next. */
const mostWaiting = 64;

type Waiting = (() => void)[];

/**
 * Hands on the requests of a connection one at a time, each when the answer before it is out. Node hands on all that a client has sent
 * (HTTP pipelining), keeps their answers in memory until their turn, and tells those that wait nothing when the client goes: what they
 * opened would stay open.
 */
export function answerInTurn(server: Server): void {
  const answer = server.listeners("request")[0] as RequestListener;
  const waitingOn = new WeakMap<Socket, Waiting>();
  const handOn = (request: IncomingMessage, response: ServerResponse) => {
    response.once("close", () => next(request.socket));
    answer(request, response);
  };
  const next = (socket: Socket) => {
    const first = waitingOn.get(socket)?.shift();
    // Where there is nobody to answer any longer, nothing of what waits is begun.
    if (first === undefined || !socket.writable) waitingOn.delete(socket);
    else first();
  };
  server.off("request", answer);
  server.on("request", (request, response) => {
    const waiting = waitingOn.get(request.socket);
    if (waiting === undefined) {
      waitingOn.set(request.socket, []);
      handOn(request, response);
      // In its own context, not in that of the answer before it: a trace would go on in the next request.
    } else if (waiting.length < mostWaiting)
      waiting.push(AsyncResource.bind(() => handOn(request, response)));
    else request.socket.destroy();
  });
}
