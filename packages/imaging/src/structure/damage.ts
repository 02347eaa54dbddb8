import { ProblemError } from "@osteon/shared";

/** The refusal of a film whose file is not whole; `what` completes "The film is damaged: …". */
export function damage(what: string, cause?: unknown): ProblemError {
  return new ProblemError("film-damaged", `The film is damaged: ${what}.`, { cause });
}
