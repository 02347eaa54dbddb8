import { Analysis, type AnalysisRequest, ProblemError, schemaVersion } from "@osteon/shared";
import type { FastifyRequest } from "fastify";
import { v7 as uuidv7 } from "uuid";
import { type App, type Dependencies, defaultTenant } from "../app.js";
import { checkFields, checkFilms } from "../uploads/check-upload.js";
import { readMultipart } from "../uploads/read-multipart.js";
import type { Upload } from "../uploads/upload.js";
import { problemResponses } from "./schemas.js";

/** Seconds after which a first look is worth it. */
const retryAfterSeconds = 1;

/** `POST /v1/analyses`: films in, a promise out. */
export async function submitAnalysis(app: App, { config, backbone, policy }: Dependencies): Promise<void> {
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
      response: { 202: Analysis, ...problemResponses },
    },
    handler: async (request, reply) => {
      const upload = await readUpload(request, config.MAX_UPLOAD_BYTES);
      const fields = checkFields(upload.fields, config, policy);
      const films = await checkFilms(upload, config);
      const id = uuidv7();
      const accepted: AnalysisRequest = {
        v: schemaVersion,
        id,
        tenant: defaultTenant,
        createdAt: new Date().toISOString(),
        ...fields,
        films,
      };
      const analysis = await backbone.analyses.accept(
        accepted,
        upload.films.map((film) => film.bytes),
      );
      return reply
        .code(202)
        .header("location", `/v1/analyses/${id}`)
        .header("retry-after", String(retryAfterSeconds))
        .send(analysis);
    },
  });
}

async function readUpload(request: FastifyRequest, maxUploadBytes: number): Promise<Upload> {
  if (request.isMultipart()) return readMultipart(request, maxUploadBytes);
  const body = request.body;
  if (!Buffer.isBuffer(body) || body.length === 0) throw new ProblemError("body-empty");
  return { films: [{ bytes: body }], fields: {} };
}
