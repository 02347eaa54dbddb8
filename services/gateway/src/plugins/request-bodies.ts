import { bones, Priority } from "@osteon/shared";
import { SubmissionOfUploads } from "../uploads/read-submission.js";

const film = { type: "string", format: "binary" } as const;
const raw = ["image/jpeg", "image/png", "image/webp", "image/tiff", "application/dicom"] as const;

/** Bodies that are read as streams and so have no schema on their routes, for the OpenAPI document: path to body. */
export const requestBodies = {
  "/v1/analyses": {
    required: true,
    content: {
      "multipart/form-data": {
        schema: {
          type: "object",
          additionalProperties: false,
          properties: {
            film: { type: "array", items: film, maxItems: 16 },
            upload: {
              type: "array",
              items: { type: "string" },
              maxItems: 16,
              description: "Ids of uploads, instead of films or beside them: at least one film in all.",
            },
            reference: { type: "string", maxLength: 200 },
            callbackUrl: {
              type: "string",
              format: "uri",
              description: "Gets the end of the analysis as a signed webhook.",
            },
            regionHint: {
              type: "string",
              enum: [...bones],
              description:
                "What the sender takes the film for. Kept with the request; the models do not read it.",
            },
            priority: Priority,
          },
        },
      },
      ...Object.fromEntries(raw.map((type) => [type, { schema: film }])),
      "application/json": { schema: SubmissionOfUploads },
    },
  },
  "/upload": {
    required: true,
    content: { "multipart/form-data": { schema: { type: "object", additionalProperties: film } } },
  },
} as const;
