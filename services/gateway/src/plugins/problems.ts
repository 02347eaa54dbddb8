import { type Problem, ProblemError, toProblem } from "@osteon/shared";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import type { App, Dependencies } from "../app.js";

/** Every refusal as RFC 9457 problem+json, every answer with its `x-request-id`. */
export async function problems(app: App, { metrics }: Dependencies): Promise<void> {
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
    reply.header("x-content-type-options", "nosniff");
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = translate(error);
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
  if (problem.status === 503) reply.header("retry-after", String(problem.retryAfter ?? 5));
  return reply.code(problem.status).type("application/problem+json").send(JSON.stringify(body));
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
    case "FST_REQ_FILE_TOO_LARGE":
      return new ProblemError("film-too-large");
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
