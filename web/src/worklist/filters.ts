import type { Exam } from "../state/exams.js";
import { isUnfinished, stepOf } from "../state/steps.js";

/** What the list is narrowed to. */
export type Filter = "all" | "running" | "fractured" | "doubtful" | "failed";
export const filters: readonly Filter[] = ["all", "running", "fractured", "doubtful", "failed"];

export function passes(exam: Exam, filter: Filter): boolean {
  switch (filter) {
    case "running":
      return isUnfinished(exam);
    case "fractured":
      return exam.analysis?.fracture?.label === "fractured";
    case "doubtful":
      return exam.analysis?.fracture?.certainty === "doubtful";
    case "failed":
      return ["failed", "refused"].includes(stepOf(exam));
    default:
      return true;
  }
}
