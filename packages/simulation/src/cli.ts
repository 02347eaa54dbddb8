// `npm run simulate`: the machine of the last bench, and a day's load on a cluster, from the bench's measured times.
import { readFileSync } from "node:fs";
import { type BenchReport, stepsOf } from "./bench.js";
import { stageRules } from "./chart-rules.js";
import { simulateCluster } from "./cluster.js";
import { dayOfFilms, daySeconds } from "./day.js";
import { simulateMachine } from "./machine.js";
import { median } from "./quantiles.js";

const report = JSON.parse(
  readFileSync(new URL("../../measured.json", import.meta.url), "utf8"),
) as BenchReport;
const steps = stepsOf(report);
const machine = simulateMachine({ cores: report.cores, inFlight: report.inFlight, steps, films: 50_000 });
const measured = median(report.wholeRounds);
console.log(`One machine, ${report.cores} cores, ${report.inFlight} in flight:`);
console.log(`  measured ${measured.toFixed(1)} films/s, simulated ${machine.filmsPerSecond.toFixed(1)}`);

const seconds = (name: string) => steps.find((step) => step.name.startsWith(name))?.cpuSeconds ?? 0;
for (const peak of [10, 100, 400]) {
  const { films, ended, resultSeconds, stages } = simulateCluster({
    stages: Object.entries(stageRules).map(([name, rules]) => ({
      name,
      cpuSeconds: seconds(name),
      threads: 1,
      rules,
    })),
    rate: dayOfFilms(peak),
    mostRate: peak,
    bursts: [{ at: 16 * 3600, films: 10_000 }],
    seconds: daySeconds,
    podStartSeconds: 25,
    pollSeconds: 15,
    scrapeSeconds: 15,
  });
  const { p50, p95, p99, most } = resultSeconds;
  console.log(
    `\nA day with a peak of ${peak} films/s and a burst of 10,000 at 16:00: ${films} films, ${films - ended} left`,
  );
  console.log(
    `  result after ${[p50, p95, p99, most].map((each) => each.toFixed(2)).join(" / ")} s (p50 / p95 / p99 / most)`,
  );
  for (const { name, mostPods, podHours, mostJobs, changes } of stages)
    console.log(
      `  ${name}: at most ${mostPods} pods, ${podHours.toFixed(0)} pod hours, at most ${mostJobs} jobs, scaled ${changes} times`,
    );
}
