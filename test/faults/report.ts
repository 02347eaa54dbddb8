import type { History } from "./history.js";
import type { RunOptions, RunResult } from "./run.js";

/** Violations that are told one by one; all of them are in the history. */
const mostTold = 20;

/** A run as a page of Markdown. */
export function report({ seed, minutes, rate }: RunOptions, result: RunResult): string {
  const { history, violations, seconds } = result;
  const faults = new Map<string, number>();
  for (const { name } of history.of("fault")) faults.set(name, (faults.get(name) ?? 0) + 1);
  const promised = history.of("promised");
  const ids = new Set(promised.map(({ id }) => id));
  const films = promised.reduce((sum, each) => sum + each.films.length, 0);
  return [
    `# Fault run, seed ${seed}`,
    "",
    `${minutes} minutes of faults in ${seconds} s altogether, ${rate} submissions a second.`,
    "",
    "| | |",
    "| --- | --- |",
    `| faults | ${history.of("fault").length} |`,
    `| processes that died | ${history.of("exited").length} |`,
    `| submissions | ${history.of("submitted").length} |`,
    `| promises (202) | ${ids.size}, ${films} films |`,
    `| refused | ${history.of("refused").length} |`,
    `| without an answer | ${history.of("unknown").length} |`,
    `| observations | ${history.of("observed").length} |`,
    `| deliveries | ${history.of("delivered").length} |`,
    `| longest time from promise to end | ${(longestPromise(history) / 1000).toFixed(1)} s |`,
    `| longest time without an end while some were owed | ${(longestOutage(history) / 1000).toFixed(1)} s |`,
    `| violations | ${violations.length} |`,
    "",
    "| fault | times |",
    "| --- | --- |",
    ...[...faults].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => `| ${name} | ${count} |`),
    ...(violations.length === 0 ? [] : ["", told(result)]),
    "",
  ].join("\n");
}

/** What was violated, and what led to the first analyses of which it was. */
export function told({ history, violations }: Pick<RunResult, "history" | "violations">): string {
  const ids = new Set(
    violations.flatMap(({ detail }) => /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(detail)?.[0] ?? []),
  );
  return [
    ...violations.slice(0, mostTold).map(({ rule, detail }) => `- **${rule}**: ${detail}`),
    ...(violations.length > mostTold ? [`- and ${violations.length - mostTold} more`] : []),
    ...[...ids].slice(0, 3).flatMap((id) => ["", `What led to ${id}:`, ...history.about(id)]),
  ].join("\n");
}

/** When each promise was given and when its end was first seen. */
function spans(history: History): { from: number; to: number }[] {
  const ends = new Map<string, number>();
  for (const { id, at, analysis } of history.of("observed"))
    if (analysis.completedAt !== undefined && !ends.has(id)) ends.set(id, at);
  return history.of("promised").flatMap(({ id, at }) => {
    const to = ends.get(id);
    return to === undefined ? [] : [{ from: at, to }];
  });
}

function longestPromise(history: History): number {
  return Math.max(0, ...spans(history).map(({ from, to }) => to - from));
}

/** The longest stretch in which promises were open and none came to its end. */
function longestOutage(history: History): number {
  const steps = spans(history)
    .flatMap(({ from, to }) => [
      { at: from, open: 1 },
      { at: to, open: -1 },
    ])
    .sort((a, b) => a.at - b.at);
  let [open, since, longest] = [0, 0, 0];
  for (const step of steps) {
    if (step.open < 0 || open === 0) {
      if (open > 0) longest = Math.max(longest, step.at - since);
      since = step.at;
    }
    open += step.open;
  }
  return longest;
}
