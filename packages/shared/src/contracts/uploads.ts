import { Type } from "../libraries/typebox.js";

/** Media types that a film may be sent as. What it is, its content says. */
export const uploadTypes = [
  "image/jpeg",
  "image/png",
  "image/webp",
  "image/tiff",
  "application/dicom",
  "application/octet-stream",
] as const;
export type UploadType = (typeof uploadTypes)[number];

/** Where a client puts one film itself, past the gateway. */
export const UploadAddress = Type.Object({
  id: Type.String({ format: "uuid", description: "Names the upload to POST /v1/analyses, within an hour." }),
  method: Type.Literal("PUT"),
  url: Type.String({ format: "uri" }),
  headers: Type.Record(Type.String(), Type.String(), { description: "The PUT must carry them as they are." }),
  expiresAt: Type.String({ format: "date-time", description: "Until then the film may be put." }),
});
