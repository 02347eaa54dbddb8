import { bones, Priority, uploadTypes } from "@osteon/shared";
import { SubmissionOfUploads } from "../intake/read-submission.js";

const film = { type: "string", format: "binary" } as const;

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
            film: { type: "array", items: film, minItems: 1, maxItems: 16 },
            upload: {
              type: "array",
              items: { type: "string" },
              minItems: 1,
              maxItems: 16,
              description: "Ids of uploads, instead of films or beside them: at least one film in all.",
            },
            reference: { type: "string", maxLength: 200 },
            callbackUrl: {
              type: "string",
              format: "uri",
              maxLength: 2048,
              description: "Gets the end of the analysis as a signed webhook.",
            },
            regionHint: {
              type: "string",
              enum: [...bones],
              description:
                "What the sender takes the films for. A film that looks most like it is analysed even where the model is too unsure to identify a film; it changes no label and no probability.",
            },
            priority: Priority,
          },
        },
      },
      ...Object.fromEntries(uploadTypes.map((type) => [type, { schema: film }])),
      "application/json": { schema: SubmissionOfUploads },
    },
  },
  "/upload": {
    required: true,
    content: {
      "multipart/form-data": { schema: { type: "object", minProperties: 1, additionalProperties: film } },
    },
  },
} as const;
