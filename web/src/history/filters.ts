import type { Analysis, AnalysisStatus } from "@osteon/client";
import { isAnswered, partsOf } from "../words/results.js";

export const results = ["fractured", "doubtful", "normal", "none", "failed", "cancelled", "running"] as const;
type Result = (typeof results)[number];

/** What the history is narrowed to; empty texts narrow nothing. */
export interface Filters {
  text: string;
  part: string;
  result: Result | "";
  /** Days as the reader's calendar has them, `YYYY-MM-DD`. */
  from: string;
  to: string;
}

export const noFilters: Filters = { text: "", part: "", result: "", from: "", to: "" };

/** As the address has them, so that who comes back from an exam finds the search as it was. */
export function filtersOf(query: string): Filters {
  const told = new URLSearchParams(query);
  const [text = "", part = "", from = "", to = ""] = ["text", "part", "from", "to"].map(
    (name) => told.get(name) ?? "",
  );
  return { text, part, result: results.find((each) => each === told.get("result")) ?? "", from, to };
}

export function queryOf(filters: Filters): string {
  const told = Object.entries(filters).filter(([, value]) => value !== "");
  return new URLSearchParams(told).toString();
}

/** The status that the gateway can narrow by: none for what was found, which views may show of an exam that failed. */
export function statusOf({ result }: Filters): AnalysisStatus | undefined {
  return result === "failed" || result === "cancelled" ? result : undefined;
}

export function passes(analysis: Analysis, filters: Filters): boolean {
  const { text, part, result, from, to } = filters;
  if (part !== "" && !partsOf(analysis).includes(part)) return false;
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

function hasResult(analysis: Analysis, result: Result): boolean {
  const { status, fracture } = analysis;
  if (status === "cancelled") return result === "cancelled";
  if (status !== "completed" && status !== "failed") return result === "running";
  if (result === "failed") return status === "failed";
  if (result === "doubtful") return fracture?.certainty === "doubtful";
  return isAnswered(analysis) && (fracture?.label ?? "none") === result;
}

function startOf(day: string, later = 0): number {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + later).getTime();
}
