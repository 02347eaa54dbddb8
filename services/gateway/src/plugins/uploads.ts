import multipart from "@fastify/multipart";
import type { App, Dependencies } from "../app.js";

/** Media types that a raw upload may declare. What the body is, its content says. */
export const rawTypes = [
  "image/jpeg",
  "image/png",
  "image/webp",
  "image/tiff",
  "application/dicom",
  "application/octet-stream",
];

/** Multipart with its limits, and raw bodies as bytes. */
export async function uploads(app: App, { config }: Dependencies): Promise<void> {
  await app.register(multipart, {
    throwFileSizeLimit: true,
    limits: {
      fileSize: config.MAX_FILM_BYTES,
      files: config.MAX_FILMS,
      fields: 8,
      fieldNameSize: 100,
      fieldSize: 8 * 1024,
      headerPairs: 32,
    },
  });
  app.addContentTypeParser(rawTypes, { parseAs: "buffer" }, (_request, body, done) => done(null, body));
}
