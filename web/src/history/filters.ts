import type { Analysis, AnalysisStatus } from "@osteon/client";
import { toneOf } from "../words/results.js";

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

/** The status that the gateway can narrow by. */
export function statusOf({ result }: Filters): AnalysisStatus | undefined {
  if (result === "failed" || result === "cancelled") return result;
  return result === "fractured" || result === "normal" || result === "none" ? "completed" : undefined;
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
  if (analysis.status === "cancelled") return result === "cancelled";
  if (analysis.status !== "completed" && analysis.status !== "failed") return result === "running";
  const tone = toneOf(analysis);
  return (tone === "doubtful" ? "normal" : tone) === result;
}

function startOf(day: string, later = 0): number {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + later).getTime();
}
