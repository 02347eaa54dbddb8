import type { IncomingMessage, ServerResponse } from "node:http";

/** Requests whose client waits to be told that it may send their body. */
const untold = new WeakSet<IncomingMessage>();

/** Whether an `Expect` is one that is known here. */
export function isContinue(expect: string): boolean {
  return /^100-continue$/i.test(expect.trim());
}

/** Whether a request says that a body follows. */
export function declaresBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/**
 * Tells the client of `Expect: 100-continue` to go on when somebody begins to read the body, and not before: what is refused by then
 * (for its key, type, declared length, or because there is too much to do) need not be sent. Node closes a connection whose client was
 * never told, as it cannot know what comes next on it.
 */
export function continueWhenRead(request: IncomingMessage, response: ServerResponse): void {
  const { expect } = request.headers;
  // HTTP/1.0 has no 100, and without a body there is nothing to wait for.
  if (request.httpVersion === "1.0" || !declaresBody(request)) return;
  if (expect === undefined || !isContinue(expect)) return;
  untold.add(request);
  const onListener = (event: string | symbol) => {
    if (event !== "data" && event !== "readable") return;
    request.off("newListener", onListener);
    untold.delete(request);
    response.writeContinue();
  };
  request.on("newListener", onListener);
}

/** Whether the client was to be told that it may send the body, and was not. It may send it all the same. */
export function isUntold(request: IncomingMessage): boolean {
  return untold.has(request);
}
