import type { IncomingMessage } from "node:http";
import { type Problem, ProblemError, toProblem } from "@osteon/shared";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import type { App, Dependencies } from "../app.js";

/** Every refusal as RFC 9457 problem+json, every answer with its `x-request-id`. */
export async function problems(app: App, { metrics }: Dependencies): Promise<void> {
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
    reply.header("x-content-type-options", "nosniff");
  });
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    const problem = translate(error);
    if (problem.status === 413) await readOff(request.raw);
    metrics.refusals.inc({ code: problem.code });
    if (problem.status >= 500) request.log.error({ err: error, req: request }, problem.code);
    return send(problem, request, reply);
  });
  app.setNotFoundHandler((request, reply) => {
    const allowed = methodsOf(app, request);
    if (allowed.length === 0) return send(new ProblemError("not-found"), request, reply);
    reply.header("allow", allowed.join(", "));
    return send(new ProblemError("method-not-allowed"), request, reply);
  });
}

function send(problem: ProblemError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const body: Problem = {
    type: `/problems/${problem.code}`,
    title: problem.title,
    status: problem.status,
    code: problem.code,
    detail: problem.detail,
    instance: request.url.split("?")[0] ?? "/",
    requestId: request.id,
    ...(problem.errors === undefined ? {} : { errors: problem.errors }),
  };
  const retryAfter = problem.retryAfter ?? (problem.status === 503 ? 5 : undefined);
  if (retryAfter !== undefined) reply.header("retry-after", String(Math.ceil(retryAfter)));
  return reply.code(problem.status).type("application/problem+json").send(JSON.stringify(body));
}

/** Most that is read off a refused upload, and the time for it. */
const mostReadOff = { bytes: 256 * 1024 * 1024, milliseconds: 20_000 };

/** Reads the rest of a refused upload: a client that is cut off while it sends never sees the answer. */
function readOff(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    if (request.readableEnded || request.destroyed) return resolve();
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

function methodsOf(app: App, request: FastifyRequest): string[] {
  const url = request.url.split("?")[0] ?? "/";
  return ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].filter(
    (method) => method !== request.method && app.findRoute({ method: method as "GET", url }) !== null,
  );
}

/** Fastify's own errors in the terms of the catalogue. */
function translate(error: FastifyError): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error.validation !== undefined) {
    return new ProblemError("validation-failed", undefined, {
      errors: error.validation.map((fault) => ({
        detail: fault.message ?? "does not match",
        pointer: `${error.validationContext ?? "request"}${fault.instancePath ?? ""}`,
      })),
    });
  }
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new ProblemError("body-too-large");
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return new ProblemError("media-type-unsupported");
    case "FST_FILES_LIMIT":
      return new ProblemError("too-many-films");
    case "FST_PARTS_LIMIT":
    case "FST_FIELDS_LIMIT":
      return new ProblemError("multipart-malformed", "The body has more parts than an upload can have.");
    default:
      return error.statusCode !== undefined && error.statusCode < 500
        ? new ProblemError("bad-request")
        : toProblem(error);
  }
}
