import { readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { BareLoop } from "./bare.js";
import { type LoadedFigures, renderReport } from "./report.js";
import { startBenchSystem } from "./system.js";
import { measureWhole, type WholeRound } from "./whole.js";

const root = fileURLToPath(new URL("../../", import.meta.url));

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "8" },
    "warm-up": { type: "string", default: "25" },
    "in-flight": { type: "string", default: "16" },
    data: { type: "string", default: path.join(root, "../shared/data/fracatlas") },
  },
});
const [rounds, seconds, warmUp, inFlight] = [
  values.rounds,
  values.seconds,
  values["warm-up"],
  values["in-flight"],
].map(Number) as [number, number, number, number];

/** Real films of the test split, the same for both contestants. */
const films = readFileSync(path.join(values.data, "annotations.csv"), "utf8")
  .split("\n")
  .filter((line) => line.split(",")[1] === "test")
  .slice(0, 100)
  .map((line) => readFileSync(path.join(values.data, "images", line.split(",")[0] ?? "")));

const bare = await BareLoop.open(path.join(root, "models"));
const system = await startBenchSystem();
const cores = os.availableParallelism();
const bareRounds: number[] = [];
const wholeRounds: WholeRound[] = [];
const idle: WholeRound[] = [];
let figures: LoadedFigures[] = [];
let generatorMsPerFilm = 0;
try {
  // Both contestants the same: over a thousand films, by which the engines' own compilers have settled.
  await bare.measure(films, cores * 2, warmUp);
  await measureWhole(system.url, films, inFlight, warmUp);
  for (let round = 1; round <= rounds; round += 1) {
    bareRounds.push(await bare.measure(films, cores * 2, seconds));
    const before = await system.scrape();
    const ownBefore = process.cpuUsage();
    const whole = await measureWhole(system.url, films, inFlight, seconds);
    const own = process.cpuUsage(ownBefore);
    wholeRounds.push(whole);
    figures = (await system.scrape()).map((after, at) => ({
      ...after,
      cpuMsPerFilm: ((after.cpuSeconds - (before[at]?.cpuSeconds ?? 0)) * 1000) / whole.times.length,
    }));
    generatorMsPerFilm = (own.user + own.system) / 1000 / whole.times.length;
    idle.push(await measureWhole(system.url, films, 1, Math.min(3, seconds)));
    console.error(
      `round ${round} of ${rounds}: bare ${bareRounds.at(-1)?.toFixed(1)}, whole ${wholeRounds.at(-1)?.filmsPerSecond.toFixed(1)} films/s`,
    );
  }
} finally {
  await system.stop();
  await bare.close();
}

const report = renderReport({
  rounds,
  seconds,
  warmUp,
  inFlight,
  cores,
  bareRounds,
  wholeRounds,
  idle,
  figures,
  generatorMsPerFilm,
});
writeFileSync(path.join(root, "bench/report.md"), report.markdown);
writeFileSync(path.join(root, "bench/report.json"), `${JSON.stringify(report.data, null, 2)}\n`);
console.log(report.markdown);
