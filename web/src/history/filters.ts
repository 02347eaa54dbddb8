import type { Analysis, AnalysisStatus } from "@osteon/client";
import { isAnswered } from "../words/results.js";

/** What the history is narrowed to; empty texts narrow nothing. */
export interface Filters {
  text: string;
  part: string;
  result: "" | "fractured" | "normal" | "none" | "failed" | "cancelled" | "running";
  /** Days as the reader's calendar has them, `YYYY-MM-DD`. */
  from: string;
  to: string;
}

export const noFilters: Filters = { text: "", part: "", result: "", from: "", to: "" };

/** The status that the gateway can narrow by: none for what was found, which views may show of an exam that failed. */
export function statusOf({ result }: Filters): AnalysisStatus | undefined {
  return result === "failed" || result === "cancelled" ? result : undefined;
}

export function passes(analysis: Analysis, filters: Filters): boolean {
  const { text, part, result, from, to } = filters;
  if (part !== "" && analysis.bodyPart?.label !== part) return false;
  if (result !== "" && !hasResult(analysis, result)) return false;
  const at = Date.parse(analysis.createdAt);
  if (from !== "" && at < startOf(from)) return false;
  if (to !== "" && at >= startOf(to, 1)) return false;
  const words = text.toLocaleLowerCase().split(/\s+/);
  const told = [analysis.id, analysis.reference ?? "", ...analysis.films.map(({ name }) => name ?? "")]
    .join("\n")
    .toLocaleLowerCase();
  return words.every((word) => told.includes(word));
}

function hasResult(analysis: Analysis, result: Exclude<Filters["result"], "">): boolean {
  const { status, fracture } = analysis;
  if (status === "cancelled") return result === "cancelled";
  if (status !== "completed" && status !== "failed") return result === "running";
  if (result === "failed") return status === "failed";
  return isAnswered(analysis) && (fracture?.label ?? "none") === result;
}

function startOf(day: string, later = 0): number {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + later).getTime();
}
