import { rmSync } from "node:fs";
import path from "node:path";
import { Osteon } from "../contestants/osteon.js";
import type { BenchFilm } from "../films.js";
import { makeStubBundles } from "../stub/bundles.js";
import { median } from "./statistics.js";

/** With so many workers of each kind: films a second, and their share of the workers' sum when one is asked alone. */
export interface ScalingStep {
  workers: number;
  filmsPerSecond: number[];
}

/** What a film costs while so many wait. */
export interface DepthStep {
  queued: number;
  /** All processes but the models, which take no processor here. */
  cpuMsPerFilm: number[];
  redisMicrosecondsPerFilm: number[];
}

export interface Scaling {
  /** Service time of each stage, milliseconds. */
  serviceMs: number;
  steps: ScalingStep[];
  depths: DepthStep[];
}

export interface ScalingOptions {
  root: string;
  modelsDir: string;
  films: readonly BenchFilm[];
  say: (line: string) => void;
  rounds: number;
  seconds: number;
  /** Films in the deep queue. */
  deepest: number;
}

/** A worker with one thread then makes five films a second: four of them leave two cores room. */
const serviceMs = 200;
const mostWorkers = 4;
const shallow = 100;
/** Films worked off at each depth, so that the deep queue stays deep. */
const drained = 500;

function stubEnv(root: string): Record<string, string> {
  const register = path.join(root, "bench/dist/stub/register.js");
  return {
    NODE_OPTIONS: `--import=${register}`,
    INFERENCE_THREADS: "1",
    MAX_QUEUED: "100000",
    MAX_WAIT_SECONDS: "86400",
  };
}

export async function measureScaling(options: ScalingOptions): Promise<Scaling> {
  const { root, modelsDir, films, say, rounds, seconds } = options;
  const slow = makeStubBundles(modelsDir, serviceMs);
  const fast = makeStubBundles(modelsDir, 0);
  try {
    const steps: ScalingStep[] = [];
    for (let workers = 1; workers <= mostWorkers; workers += 1) {
      const counts = { "bodypart-worker": workers, "fracture-worker": workers };
      const osteon = await Osteon.start(films, { modelsDir: slow, counts, env: stubEnv(root) });
      const step: ScalingStep = { workers, filmsPerSecond: [] };
      try {
        await osteon.run(workers * 8, 3);
        for (let round = 0; round < rounds; round += 1)
          step.filmsPerSecond.push(await osteon.steadyRate(workers * 8, seconds));
      } finally {
        await osteon.stop();
      }
      say(`${workers} workers of each kind: ${median(step.filmsPerSecond).toFixed(2)} films/s`);
      steps.push(step);
    }
    return { serviceMs, steps, depths: await measureDepths(options, fast) };
  } finally {
    for (const folder of [slow, fast]) rmSync(folder, { recursive: true, force: true });
  }
}

async function measureDepths(
  { root, films, say, rounds, deepest }: ScalingOptions,
  modelsDir: string,
): Promise<DepthStep[]> {
  const osteon = await Osteon.start(films, { modelsDir, env: stubEnv(root) });
  try {
    await osteon.run(16, 5);
    const steps: DepthStep[] = [];
    for (const queued of [shallow, deepest]) {
      const step: DepthStep = { queued, cpuMsPerFilm: [], redisMicrosecondsPerFilm: [] };
      for (let round = 0; round < rounds; round += 1) {
        const costs = await osteon.drain(queued, Math.min(drained, queued));
        step.cpuMsPerFilm.push(costs.cpuMs);
        step.redisMicrosecondsPerFilm.push(costs.redisMicroseconds);
      }
      say(`${queued} films queued: ${median(step.cpuMsPerFilm).toFixed(2)} ms of CPU a film`);
      steps.push(step);
    }
    return steps;
  } finally {
    await osteon.stop();
  }
}
