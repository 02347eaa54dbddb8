import type { Bone } from "@osteon/shared";
import type { Examination } from "./examine.js";
import type { Truth } from "./films.js";

export interface Score {
  right: number;
  total: number;
  /** `right / total`; `null` where there is nothing to judge. */
  accuracy: number | null;
}

export interface PartScore {
  part: Score;
  result: Score;
}

/** How often the answers were right. A film that was not identified is wrong in both; one without an answer is unjudged. */
export interface Accuracy extends PartScore {
  parts: Partial<Record<Bone, PartScore>>;
  /** Films that failed or were refused. */
  unjudged: number;
}

/** Judges the films whose folders say what they show; `undefined` if there is none. */
export function accuracyOf(
  judged: readonly { truth?: Truth; examination: Examination }[],
): Accuracy | undefined {
  const all = empty();
  const parts = new Map<Bone, PartScore>();
  let unjudged = 0;
  let known = 0;
  for (const { truth, examination } of judged) {
    if (truth === undefined) continue;
    known += 1;
    if (!("analysis" in examination) || examination.analysis.status !== "completed") {
      unjudged += 1;
      continue;
    }
    const { bodyPart, fracture } = examination.analysis;
    const own = parts.get(truth.part) ?? empty();
    parts.set(truth.part, own);
    for (const score of [all, own]) {
      count(score.part, bodyPart?.label === truth.part);
      count(score.result, fracture?.label === truth.label);
    }
  }
  if (known === 0) return undefined;
  return { ...all, parts: Object.fromEntries(parts), unjudged };
}

function empty(): PartScore {
  return { part: { right: 0, total: 0, accuracy: null }, result: { right: 0, total: 0, accuracy: null } };
}

function count(score: Score, right: boolean): void {
  score.total += 1;
  if (right) score.right += 1;
  score.accuracy = score.right / score.total;
}
