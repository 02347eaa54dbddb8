import { ProblemError } from "@osteon/shared";

/**
 * Most segments, chunks, or strips of a file. Walking over them holds the event loop up, so a file that consists of nothing else
 * is refused; films have some thousand at most.
 */
export const mostParts = 16_384;

/** The refusal of a film whose file is not whole; `what` completes "The film is damaged: …". */
export function damage(what: string, cause?: unknown): ProblemError {
  return new ProblemError("film-damaged", `The film is damaged: ${what}.`, { cause });
}

/** The refusal of a file that may be whole and is of no kind that is read; `detail` is a sentence. */
export function unreadable(detail: string): ProblemError {
  return new ProblemError("media-type-unsupported", detail);
}
