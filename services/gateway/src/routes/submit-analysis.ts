import { Analysis } from "@osteon/shared";
import { Type } from "typebox";
import type { App, Dependencies } from "../app.js";
import { parseIdempotencyKey } from "../idempotency.js";
import { readSubmission } from "../uploads/read-submission.js";
import { problemResponses } from "./schemas.js";

/** Seconds after which a first look is worth it. */
const retryAfterSeconds = 1;

/** `POST /v1/analyses`: films in, a promise out. */
export async function submitAnalysis(app: App, { submission }: Dependencies): Promise<void> {
  app.route({
    method: "POST",
    url: "/v1/analyses",
    schema: {
      summary: "Submit the films of one exam",
      consumes: [
        "multipart/form-data",
        "image/jpeg",
        "image/png",
        "image/webp",
        "image/tiff",
        "application/dicom",
        "application/json",
      ],
      headers: Type.Object({
        "idempotency-key": Type.Optional(
          Type.String({ description: "A repeat with it answers the same analysis." }),
        ),
      }),
      response: { 202: Analysis, ...problemResponses },
    },
    config: { scope: "submit", budget: "submissions" },
    handler: async (request, reply) => {
      const key = parseIdempotencyKey(request.headers["idempotency-key"]);
      const { analysis, replayed } = await submission.submit(
        request,
        (intake) => readSubmission(request, intake),
        key,
      );
      if (replayed) reply.header("idempotency-replayed", "true");
      return reply
        .code(202)
        .header("location", `/v1/analyses/${analysis.id}`)
        .header("retry-after", String(retryAfterSeconds))
        .send(analysis);
    },
  });
}
