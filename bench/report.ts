import os from "node:os";
import type { ProcessFigures } from "./scrape.js";
import { median, quantile, spread } from "./statistics.js";
import type { WholeRound } from "./whole.js";

/** A process's figures over one loaded round. */
export interface LoadedFigures extends ProcessFigures {
  cpuMsPerFilm: number;
}

export interface Measurements {
  rounds: number;
  seconds: number;
  /** Seconds of each contestant before the first round. */
  warmUp: number;
  inFlight: number;
  cores: number;
  bareRounds: number[];
  wholeRounds: WholeRound[];
  /** One film at a time. */
  idle: WholeRound[];
  figures: LoadedFigures[];
  /** CPU of this process for each film: submitting it and waiting for it. */
  generatorMsPerFilm: number;
}

/** The report, for people and for machines. Rounds of the contestants alternate; a ratio is of one round's pair. */
export function renderReport(m: Measurements): { markdown: string; data: object } {
  const whole = m.wholeRounds.map((round) => round.filmsPerSecond);
  const ratios = whole.map((each, round) => each / (m.bareRounds[round] ?? Number.NaN));
  const busy = m.wholeRounds.flatMap((round) => round.times);
  const calm = m.idle.flatMap((round) => round.times);
  const row = (name: string, times: number[]) =>
    `| ${name} | ${[0.5, 0.95, 0.99].map((q) => quantile(times, q).toFixed(1)).join(" | ")} |`;
  const processes = m.figures.map(
    (each) =>
      `| ${each.service} | ${each.lagP99.toFixed(1)} | ${each.lagMost.toFixed(1)} | ${each.residentMegabytes.toFixed(0)} | ${each.cpuMsPerFilm.toFixed(1)} |`,
  );
  const markdown = `# Bench

${m.rounds} rounds of ${m.seconds} s after ${m.warmUp} s of warm-up each, contestants alternating, ${m.cores} cores (${os.cpus()[0]?.model.trim()}), Node ${process.versions.node}.
The load generator shares the cores. Times vary from machine to machine: what counts are ratios of one run. Median (least to greatest).

| | films/s |
| --- | --- |
| bare limit: decode, tensor, both models, all cores, no queue | ${spread(m.bareRounds, 1)} |
| whole system, ${m.inFlight} in flight | ${spread(whole, 1)} |
| **ratio** | **${spread(ratios)}** |

| ms | p50 | p95 | p99 |
| --- | --- | --- | --- |
${row(
  `promise (202), ${m.inFlight} in flight`,
  busy.map((each) => each.ack),
)}
${row(
  `result, ${m.inFlight} in flight`,
  busy.map((each) => each.result),
)}
${row(
  "promise, one at a time",
  calm.map((each) => each.ack),
)}
${row(
  "result, one at a time",
  calm.map((each) => each.result),
)}

| process, last loaded round | loop lag p99, ms | most, ms | RSS, MB | CPU, ms a film |
| --- | --- | --- | --- | --- |
${processes.join("\n")}
| load generator | | | | ${m.generatorMsPerFilm.toFixed(1)} |

The bare limit is ${((m.cores * 1000) / median(m.bareRounds)).toFixed(1)} ms of CPU a film.
`;
  return { markdown, data: { ...m, wholeRounds: whole, idle: undefined, ratio: median(ratios) } };
}
