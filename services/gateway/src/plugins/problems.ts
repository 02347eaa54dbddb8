import type { IncomingMessage } from "node:http";
import { type Problem, ProblemError, toProblem } from "@osteon/shared";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import type { App, Dependencies } from "../app.js";
import { isUntold } from "../intake/continue.js";
import { challengeOf } from "./auth.js";
import { fieldErrorsOf } from "./validation.js";

/** Every refusal as RFC 9457 problem+json, every answer with its `x-request-id`. */
export async function problems(app: App, { metrics }: Dependencies): Promise<void> {
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
    reply.header("x-content-type-options", "nosniff");
  });
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    const problem = translate(error);
    // What was not begun Node reads off itself, once the answer is out; not where the connection is to be closed.
    if (isBegun(request.raw) || problem.status === 413 || isUntold(request.raw)) await readOff(request.raw);
    // A connection on which a body still comes can carry no further request.
    if (!request.raw.readableEnded && isBegun(request.raw)) reply.header("connection", "close");
    metrics.refusals.inc({ code: problem.code });
    if (problem.status >= 500) request.log.error({ err: error, req: request }, problem.code);
    return sendProblem(problem, request, reply);
  });
  app.setNotFoundHandler((request, reply) => answerNotFound(app, request, reply));
}

/** Answers what has no route before its body is looked into: nothing of it matters. The last of the hooks. */
export function notFoundEarly(app: App): void {
  app.addHook("onRequest", async (request, reply) => {
    if (request.is404) return answerNotFound(app, request, reply);
  });
}

function answerNotFound(app: App, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const allowed = allowedMethods(app, request.url);
  // Where the method has a route, that route has nothing there: a file that is none.
  if (allowed === undefined || (allowed.split(", ").includes(request.method) && request.method !== "OPTIONS"))
    return sendProblem(new ProblemError("not-found"), request, reply);
  reply.header("allow", allowed);
  if (request.method === "OPTIONS") return reply.code(204).send();
  return sendProblem(new ProblemError("method-not-allowed"), request, reply);
}

/** What goes wrong before there is a route, such as a path that is no text. */
export function frameworkError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  sendProblem(translate(error), request, reply);
}

/** A problem as its answer's body. `path` is without its query, which may hold references. */
export function problemBody(problem: ProblemError, requestId: string, path?: string): Problem {
  return {
    type: `/problems/${problem.code}`,
    title: problem.title,
    status: problem.status,
    code: problem.code,
    detail: problem.detail,
    ...(path === undefined ? {} : { instance: path }),
    requestId,
    ...(problem.errors === undefined ? {} : { errors: problem.errors }),
  };
}

function sendProblem(problem: ProblemError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const body = problemBody(problem, request.id, request.url.split("?")[0] ?? "/");
  const retryAfter = problem.retryAfter ?? (problem.status === 503 ? 5 : undefined);
  if (retryAfter !== undefined) reply.header("retry-after", String(Math.ceil(retryAfter)));
  if (problem.status === 401) reply.header("www-authenticate", challengeOf(request));
  return (
    reply
      .code(problem.status)
      .header("x-request-id", request.id)
      .header("cache-control", "no-store")
      .type("application/problem+json")
      // To text Fastify adds a charset, which JSON has none of.
      .send(Buffer.from(JSON.stringify(body)))
  );
}

/** Most that is read off a refused body, and the time for it. */
const mostReadOff = { bytes: 256 * 1024 * 1024, milliseconds: 20_000 };

/** Whether somebody reads a body, or has read of it. */
function isBegun(request: IncomingMessage): boolean {
  return request.readableFlowing !== null || request.readableDidRead;
}

/**
 * Reads the rest of a refused body: a client that is cut off while it sends, or left unread, never sees the answer. One that waits
 * until it is told to send has nothing on its way.
 */
function readOff(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    const waits = isUntold(request) && request.readableLength === 0;
    if (request.readableEnded || request.destroyed || waits) return resolve();
    // The parser of a form that is not read on takes nothing more.
    request.unpipe();
    const timer = setTimeout(resolve, mostReadOff.milliseconds);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    let read = 0;
    request.on("data", (chunk: Buffer) => {
      read += chunk.length;
      if (read > mostReadOff.bytes) done();
    });
    request.once("end", done).once("close", done).once("error", done);
    request.resume();
  });
}

/** `Allow` for a path; undefined where nothing is. */
export function allowedMethods(app: App, path: string): string | undefined {
  const url = path.split("?")[0] ?? "/";
  const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].filter(
    (method) => app.findRoute({ method: method as "GET", url }) !== null,
  );
  return methods.length === 0 ? undefined : [...methods, "OPTIONS"].join(", ");
}

/** Fastify's own errors in the terms of the catalogue. */
function translate(error: FastifyError): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error.validation !== undefined) {
    // Of a path that nothing can have there is nothing, as of any other that nothing has.
    if (error.validationContext === "params") return new ProblemError("not-found");
    return new ProblemError("validation-failed", undefined, {
      errors: fieldErrorsOf(error.validation, error.validationContext),
    });
  }
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new ProblemError("body-too-large");
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return new ProblemError("media-type-unsupported");
    case "FST_ERR_CTP_EMPTY_JSON_BODY":
    case "FST_ERR_CTP_INVALID_JSON_BODY":
      return new ProblemError("json-malformed");
    case "FST_FILES_LIMIT":
      return new ProblemError("too-many-films");
    case "FST_PARTS_LIMIT":
    case "FST_FIELDS_LIMIT":
      return new ProblemError("multipart-malformed", "The body has more parts than an upload can have.");
    default:
      // What a library has nothing for, or does not list: a folder of files.
      if (error.statusCode === 403 || error.statusCode === 404) return new ProblemError("not-found");
      return error.statusCode !== undefined && error.statusCode < 500
        ? new ProblemError("bad-request")
        : toProblem(error);
  }
}
