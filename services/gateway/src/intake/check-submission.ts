import { type FilmLimits, filmLimits, inspect } from "@osteon/imaging";
import {
  type AcceptedFilm,
  bones,
  type Config,
  type Priority,
  ProblemError,
  type TargetPolicy,
} from "@osteon/shared";
import type { SubmissionFields } from "./fields.js";
import type { Intake } from "./intake.js";

/** Looks at each film's header and structure. @throws ProblemError for the first that breaks a rule, naming it. */
export async function checkFilms(intake: Intake, config: Config): Promise<AcceptedFilm[]> {
  const limits: FilmLimits = { ...filmLimits, maximumBytes: config.MAX_FILM_BYTES };
  const films: AcceptedFilm[] = [];
  for (const [index, { name, digest, bytes }] of intake.films.entries()) {
    const info = await intake
      .use(index, (content) => inspect(content, limits))
      .catch((error: unknown) => {
        if (!(error instanceof ProblemError) || intake.films.length === 1) throw error;
        throw new ProblemError(error.code, `Film ${index}: ${error.detail}`, { cause: error });
      });
    films.push({
      index,
      ...(name === undefined ? {} : { name }),
      contentType: info.contentType,
      digest,
      bytes,
      width: info.width,
      height: info.height,
    });
  }
  return films;
}

/** Fields that fit their schema. */
export interface CheckedFields extends SubmissionFields {
  /** Absent where normal. */
  priority?: Priority;
}

/** @throws ProblemError `validation-failed` or `callback-refused` */
export function checkFields(given: SubmissionFields, config: Config, policy: TargetPolicy): CheckedFields {
  const { priority, ...fields } = given;
  const errors: { detail: string; pointer: string }[] = [];
  if (fields.reference !== undefined && [...fields.reference].length > 200) {
    errors.push({ detail: "must have at most 200 characters", pointer: "/reference" });
  }
  // What is no UTF-8 was decoded to U+FFFD, so that references that differ would become the same.
  if (fields.reference !== undefined && /[\0\ufffd]/.test(fields.reference)) {
    errors.push({ detail: "must be UTF-8, without U+0000 and U+FFFD", pointer: "/reference" });
  }
  if (fields.regionHint !== undefined && !bones.some((bone) => bone === fields.regionHint)) {
    errors.push({ detail: `must be one of ${bones.join(", ")}`, pointer: "/regionHint" });
  }
  if (priority !== undefined && priority !== "normal" && priority !== "urgent") {
    errors.push({ detail: "must be normal or urgent", pointer: "/priority" });
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
  return { ...fields, ...(priority === "urgent" ? { priority } : {}) };
}
