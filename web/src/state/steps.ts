import { type Analysis, type Film, isEnded } from "@osteon/client";
import type { Exam } from "./exams.js";

/** Where an exam stands, for the person who waits. */
export type Step =
  | "waiting"
  | "sending"
  | "refused"
  | "queued"
  | "classifying"
  | "examining"
  | "done"
  | "failed"
  | "cancelled";

export function stepOf({ analysis, sending }: Exam): Step {
  if (analysis === undefined)
    return sending === undefined || sending.state === "sent" ? "queued" : sending.state;
  switch (analysis.status) {
    case "queued":
      return "queued";
    case "processing":
      return analysis.films.every((film) => film.bodyPart !== undefined || isFilmDone(film))
        ? "examining"
        : "classifying";
    case "completed":
      return "done";
    default:
      return analysis.status;
  }
}

/** Stages of a film that are behind it, of four: uploaded, body part found, examined, done. */
export function stagesDone(film: Film, analysis: Analysis): number {
  if (isEnded(analysis)) return 4;
  if (isFilmDone(film)) return 3;
  return film.bodyPart === undefined ? 1 : 2;
}

/** Whether its reading has ended, well or not. */
export function isFilmDone({ outcome, error }: Film): boolean {
  return outcome !== undefined || error !== undefined;
}

export function isUnfinished(exam: Exam): boolean {
  return ["waiting", "sending", "queued", "classifying", "examining"].includes(stepOf(exam));
}
