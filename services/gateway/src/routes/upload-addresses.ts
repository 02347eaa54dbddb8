import { ProblemError, UploadAddress, uploadSeconds, uploadTypes } from "@osteon/shared";
import { Type } from "@osteon/shared/libraries/typebox";
import { uuidv7 } from "@osteon/shared/libraries/uuid";
import type { App, Dependencies } from "../app.js";
import { strict } from "./schemas.js";

const Film = Type.Object(
  {
    bytes: Type.Integer({ minimum: 1, description: "Exact length of the film." }),
    contentType: Type.Enum([...uploadTypes], {
      description: "Sent with the film; what the film is, its content says.",
    }),
  },
  strict,
);

/** `POST /v1/uploads`: where a client puts a film into the store itself, past the gateway. */
export async function uploadAddresses(app: App, { backbone, config }: Dependencies): Promise<void> {
  app.route({
    method: "POST",
    url: "/v1/uploads",
    schema: {
      operationId: "openUpload",
      summary: "An address to upload a film to",
      body: Film,
      response: { 201: UploadAddress },
    },
    config: {
      scope: "submit",
      budget: "submissions",
      problems: ["film-too-large", "uploads-unavailable"],
    },
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
