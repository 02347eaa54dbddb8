import type { SoakOptions, SoakResult } from "./run.js";
import type { FigureVerdict } from "./verdict.js";

/** A run as a page of Markdown. */
export function pageOf(
  { engine, jobs: wanted, clients }: SoakOptions,
  result: SoakResult,
  verdicts: readonly FigureVerdict[],
  faults: readonly string[],
): string {
  const { jobs, seconds, samples } = result;
  const done = Object.values(jobs).reduce((sum, count) => sum + count, 0);
  const kinds = Object.entries(jobs).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    `# Soak, ${engine} engine`,
    "",
    `${done} jobs of ${wanted} in ${seconds.toFixed(0)} s (${(done / seconds).toFixed(1)} a second) from ${clients} clients, ${samples.length} samples: ${kinds.map(([kind, count]) => `${kind} ${count}`).join(", ")}.`,
    `${result.analyses} analyses of ${result.films} films, ${result.wrong} not completed; ${result.delivered} deliveries; ${result.erased} erased by their client, ${result.expired} by retention (${result.unseen} before their client looked).`,
    "",
    faults.length === 0 ? "**All as it should be.**" : "**Not as it should be:**",
    ...(faults.length === 0 ? [] : ["", ...faults.map((fault) => `- ${fault}`)]),
    "",
    "Growth over the run after its warm-up is that of a line through the samples, ± its standard error.",
    "",
    "| process | figure | mean | growth over the run | allowed | |",
    "| --- | --- | --- | --- | --- | --- |",
    ...verdicts.map(
      ({ process, figure, mean, growth, noise, allowed, verdict }) =>
        `| ${process} | ${figure} | ${mean.toFixed(1)} | ${growth.toFixed(1)} ± ${noise.toFixed(1)} | ${allowed.toFixed(1)} | ${verdict} |`,
    ),
    "",
  ].join("\n");
}
