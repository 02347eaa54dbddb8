import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Osteon } from "./contestants/osteon.js";
import type { BenchFilm } from "./films.js";
import { measureCosts, startBare } from "./full.js";
import { filmsPerSecond } from "./load/loops.js";
import { median, quantile } from "./measure/statistics.js";

/** Ratios and counts: what a machine's speed does not change. */
type Figures = Record<FigureName, number>;

/**
 * `noise`: the share by which a figure may be worse than all that were recorded, because of the machine alone. Counts hardly mind
 * what else runs; what the workers ask for in vain, and how many markers go together, depends on how films happen to follow each
 * other. Films' rates were seen to move so far on a machine that was twenty times overbooked.
 */
const figureNames = {
  redisSent: { title: "Redis commands sent a film", better: "less", noise: 0.2 },
  redisExecuted: { title: "Redis commands executed a film", better: "less", noise: 0.2 },
  storeCalls: { title: "store calls a film", better: "less", noise: 0.15 },
  storeKilobytes: { title: "kB through the store a film", better: "less", noise: 0.05 },
  cpuRatio: { title: "bare CPU a film over the whole system's", better: "more", noise: 0.3 },
  rateRatio: { title: "whole system's films/s over the bare limit's", better: "more", noise: 0.5 },
} as const;
type FigureName = keyof typeof figureNames;
const names = Object.keys(figureNames) as FigureName[];

/** `recorded.json`. */
interface Recorded {
  how: string;
  runs: Figures[];
}

const how =
  "Short benches of one quiet machine, one after the other. A figure fails where it is worse than the worst of them by more than twice the distance of their best and worst, or by the share that bench/short.ts calls its noise where that is more.";
export interface ShortOptions {
  root: string;
  films: readonly BenchFilm[];
  /** Writes a new record of so many runs instead of comparing with the one there is. */
  record: number | undefined;
}

/** A bench of under a minute. Returns whether nothing was lost that noise does not explain. */
export async function runShort({ root, films, record }: ShortOptions): Promise<boolean> {
  const file = path.join(root, "bench/recorded.json");
  if (record !== undefined) {
    const runs: Figures[] = [];
    for (let run = 0; run < record; run += 1) runs.push(await measure(root, films));
    writeFileSync(file, `${JSON.stringify({ how, runs } satisfies Recorded, null, 2)}\n`);
    return true;
  }
  const { runs } = JSON.parse(readFileSync(file, "utf8")) as Recorded;
  const now = await measure(root, films);
  let kept = true;
  for (const name of names) {
    const { title, better, noise } = figureNames[name];
    const all = runs.map((run) => run[name]);
    const [worst, best] =
      better === "more" ? [quantile(all, 0), quantile(all, 1)] : [quantile(all, 1), quantile(all, 0)];
    const room = Math.max(2 * Math.abs(best - worst), Math.abs(worst) * noise);
    const bound = better === "more" ? worst - room : worst + room;
    const lost = better === "more" ? now[name] < bound : now[name] > bound;
    const change = (now[name] / median(all) - 1) * 100;
    console.log(
      `${lost ? "LOST" : "kept"}  ${title}: ${now[name].toFixed(2)}, recorded ${median(all).toFixed(2)} (${change >= 0 ? "+" : ""}${change.toFixed(1)} %), fails ${better === "more" ? "below" : "above"} ${bound.toFixed(2)}`,
    );
    kept &&= !lost;
  }
  return kept;
}

async function measure(root: string, films: readonly BenchFilm[]): Promise<Figures> {
  const folder = mkdtempSync(path.join(tmpdir(), "osteon-bench-"));
  try {
    const list = path.join(folder, "films.json");
    writeFileSync(list, JSON.stringify(films.map((film) => film.path)));
    const bare = await startBare(root, path.join(root, "models"), list);
    try {
      const osteon = await Osteon.start(films);
      try {
        return await figuresOf(bare, osteon);
      } finally {
        await osteon.stop();
      }
    } finally {
      await bare.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function figuresOf(bare: Awaited<ReturnType<typeof startBare>>, osteon: Osteon): Promise<Figures> {
  const inFlight = 16;
  await bare.run(inFlight, 3);
  await osteon.run(inFlight, 6);
  const rates: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const limit = filmsPerSecond(await bare.run(inFlight, 2));
    rates.push(filmsPerSecond(await osteon.run(inFlight, 3)) / limit);
  }
  const { costs, generatorMs, bareCpuMs, redisSent } = await measureCosts(bare, osteon, {
    rounds: 3,
    seconds: 4,
    inFlight,
  });
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  return {
    cpuRatio: median(
      costs.map(
        ({ processes }, round) =>
          (bareCpuMs[round] ?? Number.NaN) /
          (sum(processes.map(({ cpuMs }) => cpuMs)) + (generatorMs[round] ?? 0)),
      ),
    ),
    rateRatio: median(rates),
    redisSent,
    redisExecuted: median(costs.map(({ redisCommands }) => sum(redisCommands.map(([, calls]) => calls)))),
    storeCalls: median(costs.map(({ storeCalls }) => sum(Object.values(storeCalls)))),
    storeKilobytes: median(costs.map(({ storeBytes }) => storeBytes / 1e3)),
  };
}
