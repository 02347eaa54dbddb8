import { ProblemError, uploadSeconds } from "@osteon/shared";
import { Type } from "typebox";
import { v7 as uuidv7 } from "uuid";
import type { App, Dependencies } from "../app.js";
import { problemResponses } from "./schemas.js";

const Film = Type.Object(
  {
    bytes: Type.Integer({ minimum: 1, description: "Exact length of the film." }),
    contentType: Type.Enum(
      ["image/jpeg", "image/png", "image/webp", "image/tiff", "application/octet-stream"],
      {
        description: "Sent with the film; what the film is, its content says.",
      },
    ),
  },
  { additionalProperties: false },
);

const UploadAddress = Type.Object({
  id: Type.String({ format: "uuid", description: "Names the upload to POST /v1/analyses, within an hour." }),
  method: Type.Literal("PUT"),
  url: Type.String({ format: "uri" }),
  headers: Type.Record(Type.String(), Type.String(), { description: "The PUT must carry them as they are." }),
  expiresAt: Type.String({ format: "date-time", description: "Until then the film may be put." }),
});

/** `POST /v1/uploads`: where a client puts a film into the store itself, past the gateway. */
export async function uploadAddresses(app: App, { backbone, config }: Dependencies): Promise<void> {
  app.route({
    method: "POST",
    url: "/v1/uploads",
    schema: {
      summary: "An address to upload a film to",
      body: Film,
      response: { 201: UploadAddress, ...problemResponses },
    },
    config: { scope: "submit", budget: "submissions" },
    handler: async (request, reply) => {
      if (request.body.bytes > config.MAX_FILM_BYTES) throw new ProblemError("film-too-large");
      const id = uuidv7();
      const expiresAt = new Date(Date.now() + uploadSeconds * 1000).toISOString();
      const address = await backbone.analyses.ledger.uploads.open(
        { tenant: request.tenant, id },
        request.body,
      );
      if (address === undefined) throw new ProblemError("uploads-unavailable");
      return reply.code(201).send({ id, method: "PUT", ...address, expiresAt });
    },
  });
}
