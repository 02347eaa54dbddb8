import { Analysis, ProblemError } from "@osteon/shared";
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { App, Dependencies } from "../app.js";
import { parseIdempotencyKey } from "../idempotency.js";
import { readMultipart } from "../uploads/read-multipart.js";
import type { Upload } from "../uploads/upload.js";
import { problemResponses } from "./schemas.js";

/** Seconds after which a first look is worth it. */
const retryAfterSeconds = 1;

/** `POST /v1/analyses`: films in, a promise out. */
export async function submitAnalysis(app: App, { config, submission }: Dependencies): Promise<void> {
  app.route({
    method: "POST",
    url: "/v1/analyses",
    bodyLimit: config.MAX_FILM_BYTES,
    schema: {
      summary: "Submit the films of one exam",
      consumes: [
        "multipart/form-data",
        "image/jpeg",
        "image/png",
        "image/webp",
        "image/tiff",
        "application/dicom",
      ],
      headers: Type.Object({
        "idempotency-key": Type.Optional(
          Type.String({ description: "A repeat with it answers the same analysis." }),
        ),
      }),
      response: { 202: Analysis, ...problemResponses },
    },
    config: { scope: "submit" },
    handler: async (request, reply) => {
      const key = parseIdempotencyKey(request.headers["idempotency-key"]);
      const upload = await readUpload(request, config.MAX_UPLOAD_BYTES);
      const { analysis, replayed } = await submission.submit(request.tenant, upload, key);
      if (replayed) reply.header("idempotency-replayed", "true");
      return reply
        .code(202)
        .header("location", `/v1/analyses/${analysis.id}`)
        .header("retry-after", String(retryAfterSeconds))
        .send(analysis);
    },
  });
}

async function readUpload(request: FastifyRequest, maxUploadBytes: number): Promise<Upload> {
  if (request.isMultipart()) return readMultipart(request, maxUploadBytes);
  const body = request.body;
  if (body === undefined || body === null) throw new ProblemError("body-empty");
  if (!Buffer.isBuffer(body)) throw new ProblemError("media-type-unsupported");
  if (body.length === 0) throw new ProblemError("body-empty");
  return { films: [{ bytes: body }], fields: {} };
}
