import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { type Logger, type Metrics, type ProblemCode, ProblemError } from "@osteon/shared";
import { uuidv7 } from "@osteon/shared/libraries/uuid";
import type { App, Dependencies } from "../app.js";
import { continueWhenRead, declaresBody, isContinue } from "../intake/continue.js";
import { allowedMethods, problemBody } from "./problems.js";

/** What Node's parser and its clocks complain of, in the terms of the catalogue; all else is `bad-request`. */
const codes: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: "headers-too-large",
  ERR_HTTP_REQUEST_TIMEOUT: "request-timeout",
};

/** What Node says of a request that it could not read, with the bytes where it has them. */
type ClientError = Error & { code?: string | undefined; rawPacket?: unknown };

/** Time for a client to read its problem before the connection is cut. */
const lingerMs = 2_000;
/** Time for what was connected just before the gateway ends to be asked on. */
const unaskedMs = 1_000;

/**
 * What happens on a connection where there is no request to answer yet, or not all of one: malformed HTTP, too many headers,
 * clients that stop in the middle. Each gets its problem and request id too.
 */
export class Connections {
  readonly #logger: Logger;
  readonly #metrics: Metrics;
  /** What came last on each connection: it is being answered, or waits for its turn. */
  readonly #open = new WeakMap<object, { request: IncomingMessage; response: ServerResponse }>();
  /** The ids of requests that reached a route. */
  readonly #ids = new WeakMap<IncomingMessage, string>();

  /** Connections on which nothing was asked yet: a server that closes takes none of them for idle. */
  readonly #unasked = new Set<Socket>();
  readonly #told = new WeakSet<Socket>();
  #app: App | undefined;

  constructor({ logger, metrics }: Pick<Dependencies, "logger" | "metrics">) {
    this.#logger = logger;
    this.#metrics = metrics;
  }

  /** Fastify's `clientErrorHandler`. */
  readonly onClientError = (error: ClientError, socket: Socket): void => {
    if (error.code === "ECONNRESET") {
      socket.destroy();
      return;
    }
    const allow = this.#allowedInstead(error);
    if (allow === undefined) this.#end(socket, new ProblemError(codes[error.code ?? ""] ?? "bad-request"));
    else this.#end(socket, new ProblemError("method-not-allowed"), [`allow: ${allow}`]);
  };

  /** A method that Node does not know is one that no path has; undefined where it is no method, or there is no such path. */
  #allowedInstead({ code, rawPacket }: ClientError): string | undefined {
    if (code !== "HPE_INVALID_METHOD" || !Buffer.isBuffer(rawPacket)) return undefined;
    const line = rawPacket.subarray(0, 2_000).toString("latin1");
    const path = /^[A-Z][A-Z-]* (\/\S*) HTTP\/1\.1\r\n/.exec(line)?.[1];
    return path === undefined || this.#app === undefined ? undefined : allowedMethods(this.#app, path);
  }

  /** @param stallMs time for which a client may send nothing while its body is due, and read nothing of an answer */
  watch(app: App, { stallMs, closing }: { stallMs: number; closing: AbortSignal }): void {
    this.#app = app;
    app.server.on("connection", (socket: Socket) => {
      this.#unasked.add(socket);
      socket.once("close", () => this.#unasked.delete(socket));
    });
    closing.addEventListener("abort", () => {
      setTimeout(() => this.#destroyUnasked(), unaskedMs).unref();
    });
    app.server.prependListener("request", (request, response) => {
      this.#unasked.delete(request.socket);
      this.#open.set(request.socket, { request, response });
    });
    // Not answered by Node at once: a refusal comes before the body is asked for.
    app.server.on("checkContinue", (request, response) => app.server.emit("request", request, response));
    app.server.on("checkExpectation", (request, response) => app.server.emit("request", request, response));
    // Node hands the connection over, and answers nothing itself.
    app.server.on("connect", (_request, socket: Socket) => {
      // With its own listeners off: a reset that nobody hears would end the process.
      socket.on("error", () => socket.destroy());
      this.#end(socket, new ProblemError("method-not-allowed"));
    });
    app.addHook("onRequest", async (request, reply) => {
      this.#ids.set(request.raw, request.id);
      continueWhenRead(request.raw, reply.raw);
      if (closing.aborted) {
        reply.header("connection", "close");
        throw new ProblemError("shutting-down");
      }
      const { expect } = request.headers;
      if (request.raw.httpVersion !== "1.0" && request.headers.host === undefined)
        throw new ProblemError("bad-request", "A request must name its host.");
      // Node keeps the first of several, and what stands in front of the gateway may have believed another.
      if (hostLines(request.raw) > 1) throw new ProblemError("bad-request", "A request must name one host.");
      if (expect !== undefined && !isContinue(expect)) throw new ProblemError("expectation-failed");
    });
    app.addHook("preParsing", async (request, _reply, payload) => {
      this.#watchBody(request.raw, stallMs);
      return payload;
    });
    app.addHook("onSend", async (_request, reply, payload) => {
      // A client that keeps its connection and asks nothing more would be waited for.
      if (closing.aborted) reply.header("connection", "close");
      watchReader(reply.raw, payload, stallMs);
      return payload;
    });
  }

  #destroyUnasked(): void {
    for (const socket of this.#unasked) socket.destroy();
  }

  /** A client that stops in the middle of its body is told so, and holds nothing any longer. */
  #watchBody(request: IncomingMessage, stallMs: number): void {
    const { socket, method } = request;
    if (!declaresBody(request) || request.complete || method === "GET" || method === "HEAD") return;
    const stalled = () => {
      // It is the gateway that does not read: the store is slow, and the client not to blame.
      if (request.readableLength > 0) socket.setTimeout(stallMs);
      else this.#end(socket, new ProblemError("request-timeout"));
    };
    const done = () => {
      request.off("timeout", stalled);
      socket.setTimeout(0);
    };
    socket.setTimeout(stallMs);
    request.on("timeout", stalled).once("end", done).once("close", done);
  }

  /** Ends a connection with a problem, where the client can still take it for the answer to what it sent. */
  #end(socket: Socket, problem: ProblemError, headers: readonly string[] = []): void {
    // What still comes on a connection that has been told is read off until it closes.
    if (this.#told.has(socket)) return;
    const open = this.#open.get(socket);
    const halfway = open !== undefined && !open.request.complete;
    // One that has no socket yet waits behind another answer, which is not to be overtaken either.
    const begun = open?.response.headersSent === true || open?.response.socket === null;
    const busy = halfway ? begun : open !== undefined && !open.response.writableFinished;
    if (!socket.writable || busy) {
      socket.destroy();
      return;
    }
    this.#told.add(socket);
    socket.setTimeout(lingerMs, () => socket.destroy());
    const requestId = (halfway ? this.#ids.get(open.request) : undefined) ?? uuidv7();
    this.#metrics.refusals.inc({ code: problem.code });
    this.#logger.debug({ reqId: requestId }, problem.code);
    const body = JSON.stringify(problemBody(problem, requestId));
    socket.end(
      [
        `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
        "content-type: application/problem+json",
        `content-length: ${Buffer.byteLength(body)}`,
        `x-request-id: ${requestId}`,
        ...headers,
        `date: ${new Date().toUTCString()}`,
        "connection: close",
        "",
        body,
      ].join("\r\n"),
    );
  }
}

/** An answer of no more than this is the system's to keep, and no memory of ours. */
const smallAnswer = 16 * 1024;

/** A client that reads nothing of its answer is cut off: the answer lies in memory. Between requests another time counts. */
function watchReader(response: ServerResponse, payload: unknown, stallMs: number): void {
  const isSmall = payload === null || payload === undefined || lengthOf(payload) <= smallAnswer;
  if (isSmall) return;
  response.setTimeout(stallMs, () => response.destroy());
  response.prependOnceListener("finish", () => response.setTimeout(0));
}

/** Of a stream nobody knows it. */
function lengthOf(payload: unknown): number {
  return typeof payload === "string" || Buffer.isBuffer(payload) ? payload.length : Number.POSITIVE_INFINITY;
}

function hostLines({ rawHeaders }: IncomingMessage): number {
  return rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === "host").length;
}
