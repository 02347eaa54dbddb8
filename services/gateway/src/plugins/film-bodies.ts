import { uploadTypes } from "@osteon/shared";
import type { App, Dependencies } from "../app.js";
import { fieldNames } from "../intake/fields.js";
import { multipart } from "../libraries/fastify.js";

/** More than a socket is read at once: 64 KiB. */
const partBytes = 256 * 1024;

/**
 * Multipart with its limits, and raw bodies as streams, for the routes of the scope alone: elsewhere nobody would read them. How
 * large films are is for the intake to say.
 */
export async function filmBodies(app: App, { config }: Dependencies): Promise<void> {
  await app.register(multipart, {
    throwFileSizeLimit: false,
    isPartAFile,
    // A part that the parser passes over never ends where it does not fit into its stream together with its end.
    fileHwm: partBytes,
    limits: {
      fileSize: Number.POSITIVE_INFINITY,
      files: config.MAX_FILMS,
      fields: fieldNames.length + config.MAX_FILMS,
      fieldNameSize: 100,
      fieldSize: 8 * 1024,
      headerPairs: 32,
    },
  });
  // Many call a JPEG so, and what a film is is read from its bytes.
  app.addContentTypeParser([...uploadTypes, "image/jpg"], (_request, body, done) => done(null, body));
}

/** What has a filename, or is of a film's media type; what is called a film also where all that says so is that it is no text. */
function isPartAFile(
  field: string | undefined,
  type: string | undefined,
  filename: string | undefined,
): boolean {
  const named = filename !== undefined || uploadTypes.some((each) => each === type);
  return named || (field === "film" && type !== undefined && !type.startsWith("text/"));
}
