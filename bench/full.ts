import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Contestant } from "./contestants/contestant.js";
import { type LoopContestant, startLoop } from "./contestants/loop.js";
import { type FilmCosts, Osteon } from "./contestants/osteon.js";
import { rivals } from "./contestants/rivals.js";
import type { BenchFilm } from "./films.js";
import { measureEngines } from "./measure/engines.js";
import { measureLoadLevels } from "./measure/load-levels.js";
import { describeMachine, loadNow } from "./measure/machine.js";
import type { Results } from "./measure/results.js";
import { measureScaling } from "./measure/scaling.js";
import { measureStages } from "./measure/stages.js";
import { measureStartUp } from "./measure/startup.js";
import { failureOf, measureThroughput } from "./measure/throughput.js";
import { writeReport } from "./report/write.js";

export interface FullOptions {
  root: string;
  films: readonly BenchFilm[];
  rounds: number;
  seconds: number;
  warmUpSeconds: number;
  inFlight: number;
  /** Films in the queue that is deep. */
  deepest: number;
  /** Names of parts to leave out. */
  skip: readonly string[];
  notes: readonly string[];
  /** Folder of the report. */
  out: string;
}

const say = (line: string) => console.error(line);

/** Every measurement, one after the other, and the report. */
export async function runFull(options: FullOptions): Promise<void> {
  const { root, films, rounds, seconds, inFlight, skip, deepest } = options;
  const before = loadNow();
  const commit = execFileSync("git", ["describe", "--always", "--dirty"], {
    cwd: root,
    encoding: "utf8",
  }).trim();
  const folder = mkdtempSync(path.join(tmpdir(), "osteon-bench-"));
  const modelsDir = path.join(root, "models");
  const list = path.join(folder, "films.json");
  writeFileSync(list, JSON.stringify(films.map((film) => film.path)));
  const contestants: Contestant[] = [];
  const notes = [...options.notes];
  try {
    /** A part of the report: where it fails, the rest goes on, and the report says so. */
    const part = async <T>(name: string, step: () => Promise<T>): Promise<T | undefined> => {
      if (skip.includes(name)) return undefined;
      try {
        return await step();
      } catch (error) {
        notes.push(`The part "${name}" failed: ${failureOf(error)}`);
        say(notes.at(-1) ?? "");
        return undefined;
      }
    };
    // By itself: start-up is measured before anything else runs.
    const startUp = await part("start-up", () =>
      measureStartUp(root, { cold: !skip.includes("cold"), rounds: 5, say }),
    );
    const bare = await startBare(root, modelsDir, list);
    contestants.push(bare);
    const osteon = await Osteon.start(films);
    contestants.push(osteon);
    if (existsSync(path.join(modelsDir, "bodypart/model.int8.onnx"))) {
      osteon.pause();
      contestants.push(await Osteon.start(films, { precision: "int8" }));
    }
    for (const [name, start] of Object.entries(rivals)) {
      if (skip.includes("rivals") || skip.includes(name)) continue;
      // Each comes up by itself.
      for (const each of contestants) each.pause();
      try {
        contestants.push(await start({ root, modelsDir, films, list, say }));
      } catch (error) {
        notes.push(`${name} did not come up: ${failureOf(error)}`);
        say(notes.at(-1) ?? "");
      }
    }
    const throughput = await measureThroughput(contestants, { ...options, say });
    for (const { title, failure, filmsPerSecond } of throughput)
      if (failure !== undefined)
        notes.push(`${title} failed after ${filmsPerSecond.length} rounds: ${failure}`);
    const stages = await part("stages", () => measureStages(contestants, 3));
    for (const each of contestants.slice(2)) await each.stop();
    const costed = await measureCosts(bare, osteon, options);
    bare.pause();
    const levels = await part("levels", () =>
      measureLoadLevels(osteon, { rounds, seconds: Math.min(4, seconds), say }),
    );
    await bare.resume();
    for (const each of [bare, osteon]) await each.stop();
    contestants.length = 0;
    const scaling = await part("scaling", () =>
      measureScaling({ root, modelsDir, films, say, rounds: 3, seconds: 2 * seconds, deepest }),
    );
    const engines = await part("engines", () => measureEngines({ modelsDir, rounds, runs: 5 }));
    const results: Results = {
      machine: describeMachine(root, commit, before),
      films: films.length,
      rounds,
      seconds,
      inFlight,
      throughput: throughput.filter(({ filmsPerSecond }) => filmsPerSecond.length > 0),
      ...costed,
      stages: stages ?? [],
      levels: levels ?? [],
      engines,
      startUp,
      modelLoadMs: bare.ready.loadMs ?? Number.NaN,
      scaling,
      notes,
    };
    mkdirSync(options.out, { recursive: true });
    console.log(writeReport(results, options.out));
  } finally {
    for (const each of contestants) await each.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

export function startBare(root: string, modelsDir: string, list: string): Promise<LoopContestant> {
  const script = path.join(root, "bench/dist/contestants/bare-loop.js");
  const title = "bare limit: decode, tensor, both models, no queue";
  return startLoop({ name: "bare", title }, process.execPath, [script, modelsDir, list]);
}

interface Costed {
  costs: FilmCosts[];
  generatorMs: number[];
  bareCpuMs: number[];
  bareLatencyMs: number[];
  redisSent: number;
}

/** What a film costs whom: the bare loop and Osteon by turns. */
export async function measureCosts(
  bare: LoopContestant,
  osteon: Osteon,
  { rounds, seconds, inFlight }: Pick<FullOptions, "rounds" | "seconds" | "inFlight">,
): Promise<Costed> {
  const costed: Costed = {
    costs: [],
    generatorMs: [],
    bareCpuMs: [],
    bareLatencyMs: [],
    redisSent: await osteon.redisSent(inFlight, Math.min(4, seconds)),
  };
  for (let round = 0; round < rounds; round += 1) {
    const idle = await bare.runIdle(Math.min(2, seconds));
    costed.bareLatencyMs.push((idle.seconds * 1000) / idle.films);
    const began = bare.usage().cpuMs;
    const loop = await bare.run(inFlight, Math.min(4, seconds));
    costed.bareCpuMs.push((bare.usage().cpuMs - began) / loop.films);
    const own = process.cpuUsage();
    const { round: whole, costs } = await osteon.runCosted(inFlight, Math.min(5, seconds));
    const used = process.cpuUsage(own);
    costed.generatorMs.push((used.user + used.system) / 1000 / whole.films);
    costed.costs.push(costs);
  }
  return costed;
}
