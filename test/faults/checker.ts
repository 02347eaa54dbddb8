import { isDeepStrictEqual } from "node:util";
import { type Analysis, type AnalysisStatus, type Film, isEnded } from "@osteon/shared";
import type { History } from "./history.js";

/** What there is at the end of a run, when all faults are healed and everybody has had time. */
export interface Leftovers {
  /** Keys in the store. */
  objects: readonly string[];
  /** Jobs in Redis, by queue and state, such as `fracture:active`. */
  jobs: Readonly<Record<string, number>>;
  /** Keys in Redis that neither end by themselves nor belong to a queue. */
  strayKeys: readonly string[];
}

/** A guarantee that did not hold. */
export interface Violation {
  rule:
    | "lost"
    | "doubled"
    | "wrong"
    | "backwards"
    | "changed"
    | "undelivered"
    | "webhook-ids"
    | "webhook-content"
    | "left-over"
    | "orphan"
    | "stray-key";
  detail: string;
}

const rank: Record<AnalysisStatus, number> = {
  queued: 0,
  processing: 1,
  completed: 2,
  failed: 2,
  cancelled: 2,
};

/**
 * Holds a run's history against what was promised: each promise has one end, equal to a run's without faults; no state went
 * back; each event has one id and was delivered; nothing is left over.
 * @param expected a film's finding without faults, by the film's name
 */
export function check(
  history: History,
  expected: ReadonlyMap<string, Film>,
  leftovers: Leftovers,
): Violation[] {
  return [
    ...checkEnds(history, expected),
    ...checkRepeats(history),
    ...checkStates(history),
    ...checkWrites(history),
    ...checkDeliveries(history),
    ...checkLeftovers(leftovers),
  ];
}

/** What a film's finding is compared by: all but its place in the analysis. */
export function findingOf({ index: _, name: __, ...finding }: Film): object {
  return finding;
}

function checkEnds(history: History, expected: ReadonlyMap<string, Film>): Violation[] {
  const ends = endsOf(history);
  return history.of("promised").flatMap(({ id, films }): Violation[] => {
    const end = ends.get(id);
    if (end === undefined) return [{ rule: "lost", detail: `${id} was promised and has no end` }];
    const wrong = films.filter((name, index) => {
      const [film, right] = [end.films[index], expected.get(name)];
      return (
        film === undefined || right === undefined || !isDeepStrictEqual(findingOf(film), findingOf(right))
      );
    });
    if (end.status === "completed" && wrong.length === 0 && end.films.length === films.length) return [];
    const why = end.error === undefined ? "" : ` (${end.error.code})`;
    return [
      {
        rule: "wrong",
        detail: `${id} is ${end.status}${why}; other than without faults: ${wrong.join(", ")}`,
      },
    ];
  });
}

/** Repeats under a key get the promise that there is. */
function checkRepeats(history: History): Violation[] {
  const ids = new Map<number, string[]>();
  for (const { attempt, id } of history.of("promised")) ids.set(attempt, [...(ids.get(attempt) ?? []), id]);
  return [...ids]
    .filter(([, promised]) => promised.length > 1)
    .map(([attempt, promised]) => ({
      rule: "doubled",
      detail: `submission ${attempt} was promised as ${promised.join(" and as ")}`,
    }));
}

/** The first end that was seen of each analysis. */
function endsOf(history: History): Map<string, Analysis> {
  const ends = new Map<string, Analysis>();
  for (const { id, analysis } of history.of("observed"))
    if (isEnded(analysis.status) && !ends.has(id)) ends.set(id, analysis);
  return ends;
}

/** Observations are in the order of their answers, and of one analysis none begins before the last was answered. */
function checkStates(history: History): Violation[] {
  const violations: Violation[] = [];
  const last = new Map<string, Analysis>();
  for (const { id, analysis } of history.of("observed")) {
    const before = last.get(id);
    last.set(id, analysis);
    if (before === undefined) continue;
    if (rank[analysis.status] < rank[before.status])
      violations.push({
        rule: "backwards",
        detail: `${id} went from ${before.status} to ${analysis.status}`,
      });
    else if (isEnded(before.status) && !isDeepStrictEqual(before, analysis))
      violations.push({ rule: "changed", detail: `${id} had ended, and its end changed` });
  }
  const missing = new Map<string, number>();
  for (const { id } of history.of("missing")) missing.set(id, (missing.get(id) ?? 0) + 1);
  for (const [id, times] of missing)
    violations.push({ rule: "lost", detail: `${id} was promised and not found, ${times} times` });
  return violations;
}

/** A result is written once; so are the results of an analysis's films. */
function checkWrites(history: History): Violation[] {
  const counts = new Map<string, number>();
  for (const { key } of history.of("written"))
    if (/\/(result|results\/\d+)\.json$/.test(key)) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count > 1)
    .map(([key, count]) => ({ rule: "doubled", detail: `${key} was written ${count} times` }));
}

function checkDeliveries(history: History): Violation[] {
  const ends = endsOf(history);
  const ids = new Map<string, Set<string>>();
  const accepted = new Set<string>();
  const violations: Violation[] = [];
  for (const { id, analysis, answered } of history.of("delivered")) {
    ids.set(analysis.id, (ids.get(analysis.id) ?? new Set()).add(id));
    if (answered !== undefined && answered < 300) accepted.add(analysis.id);
    const end = ends.get(analysis.id);
    if (end !== undefined && !isDeepStrictEqual(end, analysis))
      violations.push({
        rule: "webhook-content",
        detail: `${analysis.id} was delivered other than it ended`,
      });
  }
  for (const [analysis, names] of ids)
    if (names.size > 1)
      violations.push({
        rule: "webhook-ids",
        detail: `${analysis} has the webhook ids ${[...names].join(", ")}`,
      });
  for (const { id, callback } of history.of("promised"))
    if (callback && !accepted.has(id))
      violations.push({ rule: "undelivered", detail: `${id} was delivered to nobody who took it` });
  return violations;
}

function checkLeftovers({ objects, jobs, strayKeys }: Leftovers): Violation[] {
  const violations: Violation[] = [];
  for (const key of objects)
    if (/^(pending|deliveries|dead-letters|failed|erasures|uploads)\//.test(key))
      violations.push({ rule: "left-over", detail: key });
  for (const [state, count] of Object.entries(jobs))
    if (count > 0) violations.push({ rule: "left-over", detail: `${count} jobs in ${state}` });
  const folders = new Map<string, Set<string>>();
  for (const key of objects) {
    const [, folder = "", name = ""] = /^(analyses\/[^/]+\/[^/]+)\/(.+)$/.exec(key) ?? [];
    if (folder !== "") folders.set(folder, (folders.get(folder) ?? new Set()).add(name));
  }
  for (const [folder, names] of folders)
    if (!["request.json", "result.json", "original-0", "image-0.png"].every((name) => names.has(name)))
      violations.push({ rule: "orphan", detail: `${folder} holds only ${[...names].join(", ")}` });
  for (const key of strayKeys) violations.push({ rule: "stray-key", detail: key });
  return violations;
}
