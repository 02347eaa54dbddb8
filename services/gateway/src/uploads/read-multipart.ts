import { ProblemError } from "@osteon/shared";
import type { FastifyRequest } from "fastify";
import { fieldNames, type Upload } from "./upload.js";

const longestName = 200;

/**
 * Reads a multipart upload: file parts "film" and the fields, in any order.
 * With `anyFields` every file part is a film and other fields are passed over, as the origin's clients send them.
 * @throws ProblemError for what breaks its form or its limits; the films are not looked into.
 */
export async function readMultipart(
  request: FastifyRequest,
  maxUploadBytes: number,
  options: { anyFields?: boolean } = {},
): Promise<Upload> {
  const upload: Upload = { films: [], fields: {} };
  let total = 0;
  try {
    for await (const part of request.parts()) {
      if (part.type === "file") {
        if (part.fieldname !== "film" && options.anyFields !== true) throw unknownField();
        const bytes = await part.toBuffer();
        total += bytes.length;
        if (total > maxUploadBytes) throw new ProblemError("upload-too-large");
        const name = baseName(part.filename);
        upload.films.push({ ...(name === "" ? {} : { name }), bytes });
        continue;
      }
      if (options.anyFields === true) continue;
      const field = fieldNames.find((each) => each === part.fieldname);
      if (field === undefined) {
        if (part.fieldname === "film")
          throw new ProblemError("film-missing", 'The part "film" must be a file, with a filename.');
        throw unknownField();
      }
      if (upload.fields[field] !== undefined || part.valueTruncated) {
        throw new ProblemError("validation-failed", undefined, {
          errors: [{ detail: "must be given once and be short", pointer: `/${field}` }],
        });
      }
      if (typeof part.value === "string" && part.value !== "") upload.fields[field] = part.value;
    }
  } catch (error) {
    throw isMalformed(error) ? new ProblemError("multipart-malformed", undefined, { cause: error }) : error;
  }
  if (upload.films.length === 0) throw new ProblemError("film-missing");
  return upload;
}

function unknownField(): ProblemError {
  return new ProblemError("field-unknown");
}

/** The parser's own complaints carry no code, or none of the limits'. */
function isMalformed(error: unknown): boolean {
  if (error instanceof ProblemError) return false;
  const code = (error as { code?: unknown }).code;
  return typeof code !== "string" || !/^FST_.*LIMIT|TOO_LARGE$/.test(code);
}

function baseName(filename: string | undefined): string {
  const name = (filename ?? "").split(/[/\\]/).at(-1) ?? "";
  // Control characters have no place in a name that a page or a terminal shows.
  return name.replace(/\p{C}/gu, "").trim().slice(0, longestName);
}
