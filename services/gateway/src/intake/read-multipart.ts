import type { MultipartFile } from "@fastify/multipart";
import { ProblemError } from "@osteon/shared";
import type { FastifyRequest } from "fastify";
import { fieldNames, type SubmissionFields } from "./fields.js";
import { filmName } from "./film-name.js";
import type { Intake } from "./intake.js";

/**
 * Reads a multipart submission: file parts "film", ids of uploads and the fields, in any order.
 * With `anyFields` the first file part is the film, whatever its name, and all else is passed over, as the origin's clients
 * send it.
 * @throws ProblemError for what breaks its form or its limits; the films are not looked into.
 */
export async function readMultipart(
  request: FastifyRequest,
  intake: Intake,
  options: { anyFields?: boolean } = {},
): Promise<SubmissionFields> {
  const fields: SubmissionFields = {};
  try {
    for await (const part of request.parts()) {
      if (part.type === "file") {
        if (options.anyFields === true) {
          if (intake.films.length === 0) await takePart(intake, part);
          else part.file.resume();
          continue;
        }
        if (part.fieldname !== "film") throw unknownField();
        await takePart(intake, part);
        continue;
      }
      if (options.anyFields === true) continue;
      const { fieldname, value } = part;
      const field = fieldNames.find((each) => each === fieldname);
      if (fieldname === "film") {
        throw new ProblemError(
          "film-missing",
          'The part "film" must be a file: with a filename, or of a media type that is no text.',
        );
      }
      if (field === undefined && fieldname !== "upload") throw unknownField();
      // What is sent as JSON comes parsed.
      if (typeof value !== "string") throw invalid(fieldname, "must be text");
      if (field === undefined) {
        await intake.takeUpload(value);
        continue;
      }
      if (fields[field] !== undefined || part.valueTruncated)
        throw invalid(field, "must be given once and be short");
      if (value !== "") fields[field] = value;
    }
  } catch (error) {
    throw isMalformed(error) ? new ProblemError("multipart-malformed", undefined, { cause: error }) : error;
  }
  if (intake.films.length === 0) throw new ProblemError("film-missing");
  return fields;
}

async function takePart(intake: Intake, part: MultipartFile): Promise<void> {
  const name = filmName(part.filename);
  const film = await intake.take(part.file, name === "" ? undefined : name);
  if (film.bytes === 0)
    throw new ProblemError("body-empty", `The file part "${part.fieldname}" carries no bytes.`);
}

function invalid(field: string, detail: string): ProblemError {
  return new ProblemError("validation-failed", undefined, { errors: [{ detail, pointer: `/${field}` }] });
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
