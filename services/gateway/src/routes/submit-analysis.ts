import { Analysis, isEnded, uploadTypes } from "@osteon/shared";
import { Type } from "@osteon/shared/libraries/typebox";
import { preferredWait } from "../answers/prefer.js";
import type { App, Dependencies } from "../app.js";
import { parseIdempotencyKey } from "../intake/idempotency.js";
import { readSubmission } from "../intake/read-submission.js";
import { submissionProblems } from "../openapi/declared-problems.js";
import { hold } from "../streams/hold.js";
import { Prefer } from "./schemas.js";

/** Seconds after which a first look is worth it. */
const retryAfterSeconds = 1;

/** `POST /v1/analyses`: films in, a promise out; with `Prefer: wait` the end, where it comes in time. */
export async function submitAnalysis(app: App, dependencies: Dependencies): Promise<void> {
  const { submission } = dependencies;
  app.route({
    method: "POST",
    url: "/v1/analyses",
    schema: {
      operationId: "submitAnalysis",
      summary: "Submit the films of one exam",
      consumes: ["multipart/form-data", ...uploadTypes, "application/json"],
      headers: Type.Object({
        "idempotency-key": Type.Optional(
          Type.String({ description: "A repeat with it answers the same analysis." }),
        ),
        prefer: Prefer,
      }),
      response: {
        200: Type.Object(Analysis.properties, { description: "The end, which came within Prefer: wait." }),
        202: Analysis,
      },
    },
    config: {
      scope: "submit",
      budget: "submissions",
      problems: [
        ...submissionProblems,
        "field-unknown",
        "validation-failed",
        "idempotency-key-invalid",
        "upload-not-found",
        "idempotency-in-flight",
        "upload-used",
        "callback-refused",
        "idempotency-key-reused",
      ],
    },
    handler: async (request, reply) => {
      const key = parseIdempotencyKey(request.raw.headersDistinct["idempotency-key"]);
      const { analysis, replayed } = await submission.submit(
        request,
        (intake) => readSubmission(request, intake),
        key,
      );
      if (replayed) reply.header("idempotency-replayed", "true");
      reply.header("location", `/v1/analyses/${analysis.id}`).header("cache-control", "no-store");
      const wait = preferredWait(request.headers.prefer);
      const ref = { tenant: request.tenant, id: analysis.id };
      // It is accepted, whatever becomes of the look at it: Redis may be away by now.
      const held =
        wait === undefined ? undefined : await hold(dependencies, ref, wait, reply).catch(() => undefined);
      if (held !== undefined) reply.header("preference-applied", `wait=${wait}`);
      if (held !== undefined && isEnded(held.status)) return reply.code(200).send(held);
      return reply
        .code(202)
        .header("retry-after", retryAfterSeconds)
        .send(held ?? analysis);
    },
  });
}
