import { createHash } from "node:crypto";
import { type FilmLimits, filmLimits, inspect } from "@osteon/imaging";
import { type AcceptedFilm, bones, type Config, ProblemError, type TargetPolicy } from "@osteon/shared";
import type { Upload, UploadFields } from "./upload.js";

/** Looks at each film's header and structure. @throws ProblemError for the first that breaks a rule, naming it. */
export async function checkFilms(upload: Upload, config: Config): Promise<AcceptedFilm[]> {
  const limits: FilmLimits = { ...filmLimits, maximumBytes: config.MAX_FILM_BYTES };
  const films: AcceptedFilm[] = [];
  for (const [index, film] of upload.films.entries()) {
    const info = await inspect(film.bytes, limits).catch((error: unknown) => {
      if (!(error instanceof ProblemError) || upload.films.length === 1) throw error;
      throw new ProblemError(error.code, `Film ${index}: ${error.detail}`, { cause: error });
    });
    films.push({
      index,
      ...(film.name === undefined ? {} : { name: film.name }),
      contentType: info.contentType,
      digest: `sha256:${createHash("sha256").update(film.bytes).digest("hex")}`,
      bytes: film.bytes.length,
    });
  }
  return films;
}

/** @throws ProblemError `validation-failed` or `callback-refused` */
export function checkFields(fields: UploadFields, config: Config, policy: TargetPolicy): UploadFields {
  const errors: { detail: string; pointer: string }[] = [];
  if (fields.reference !== undefined && [...fields.reference].length > 200) {
    errors.push({ detail: "must have at most 200 characters", pointer: "/reference" });
  }
  if (fields.regionHint !== undefined && !bones.some((bone) => bone === fields.regionHint)) {
    errors.push({ detail: `must be one of ${bones.join(", ")}`, pointer: "/regionHint" });
  }
  if (errors.length > 0) throw new ProblemError("validation-failed", undefined, { errors });
  if (fields.callbackUrl !== undefined) {
    policy.checkUrl(fields.callbackUrl);
    if (config.WEBHOOK_SECRET === undefined) {
      throw new ProblemError(
        "callback-refused",
        "This system has no WEBHOOK_SECRET to sign deliveries with.",
      );
    }
  }
  return fields;
}
