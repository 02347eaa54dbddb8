import type { Results } from "../measure/results.js";
import { median, quantile } from "../measure/statistics.js";
import type { Throughput } from "../measure/throughput.js";
import { shippedShareOfOrigin } from "./engines.js";

/** A goal with the figure that this run gave. */
export interface Goal {
  title: string;
  /** Such as "≥ 0.90". */
  goal: string;
  figure: string;
  reached: boolean;
}

/** Median of the ratios of one contestant's rounds to another's. */
export function ratioOf(a: Throughput | undefined, b: Throughput | undefined): number {
  if (a === undefined || b === undefined) return Number.NaN;
  return median(a.filmsPerSecond.map((rate, round) => rate / (b.filmsPerSecond[round] ?? Number.NaN)));
}

/** The goals that this run says something of. */
export function goalsOf(results: Results): Goal[] {
  const { throughput, costs, levels, bareLatencyMs, generatorMs, bareCpuMs, engines, startUp, scaling } =
    results;
  const named = (name: string) => throughput.find((each) => each.name === name);
  const [bare, osteon, python, origin] = ["bare", "osteon", "python-loop", "origin"].map(named);
  const others = throughput.filter(({ kind, name }) => kind !== "loop" && !name.startsWith("osteon"));
  const shipped = named("osteon-int8") ?? osteon;
  const fastest = (found: Throughput[]) =>
    found.reduce<Throughput | undefined>(
      (best, each) =>
        best === undefined || median(each.filmsPerSecond) > median(best.filmsPerSecond) ? each : best,
      undefined,
    );
  const durable = fastest(others.filter(({ kind }) => kind === "durable"));
  const best = fastest(others);
  const atLeast = (title: string, least: number, value: number): Goal => ({
    title,
    goal: `≥ ${least}`,
    figure: value.toFixed(2),
    reached: value >= least,
  });
  const atMost = (title: string, most: number, value: number, unit: string, digits = 0): Goal => ({
    title,
    goal: `≤ ${most.toFixed(digits)} ${unit}`.trim(),
    figure: `${value.toFixed(digits)} ${unit}`.trim(),
    reached: value <= most,
  });
  const perRound = (value: (costs: Results["costs"][number]) => number) => median(costs.map(value));
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  const whole = costs.map(
    ({ processes }, round) =>
      (bareCpuMs[round] ?? Number.NaN) /
      (sum(processes.map(({ cpuMs }) => cpuMs)) + (generatorMs[round] ?? 0)),
  );
  const one = levels.find(({ inFlight }) => inFlight === 1);
  const saturated = levels.find(({ inFlight }) => inFlight === 16);
  const idleMost = 1.5 * median(bareLatencyMs) + 10;
  const lag = Math.max(...costs.flatMap(({ processes }) => processes.map(({ lagP99 }) => lagP99 || 0)));
  const goals: Goal[] = [
    atLeast("whole system over its own bare limit, films/s", 0.9, ratioOf(osteon, bare)),
    atLeast("the same by CPU time a film, load generator included", 0.9, median(whole)),
  ];
  if (python !== undefined)
    goals.push(atLeast("bare limit over the Python bare loop", 1.1, ratioOf(bare, python)));
  if (durable !== undefined)
    goals.push(
      atLeast(`Osteon over the best durable rival (${durable.title})`, 1.3, ratioOf(osteon, durable)),
    );
  if (best !== undefined)
    goals.push(atLeast(`Osteon over the best of all rivals (${best.title})`, 1.1, ratioOf(osteon, best)));
  if (durable !== undefined)
    goals.push(atLeast(`Osteon as it ships over the same (${durable.title})`, 2, ratioOf(shipped, durable)));
  if (origin !== undefined)
    goals.push(atLeast("Osteon as it ships over the origin's bare loop", 15, ratioOf(shipped, origin)));
  if (saturated !== undefined)
    goals.push(atMost("promise p99 at saturation, 16 in flight", 25, saturated.ackMs.p99, "ms"));
  if (one !== undefined)
    goals.push(
      atMost(
        "result p95, one at a time (1.5 times the bare latency + 10 ms)",
        idleMost,
        one.resultMs.p95,
        "ms",
      ),
    );
  goals.push(
    atMost("event-loop lag p99, the worst service", 20, lag, "ms"),
    atMost("Redis commands sent a film: what crosses the network", 40, results.redisSent, "", 1),
    atMost(
      "Redis commands executed a film, those inside scripts included",
      40,
      perRound(({ redisCommands }) => sum(redisCommands.map(([, calls]) => calls))),
      "",
    ),
    atMost(
      "store calls a film",
      5,
      perRound(({ storeCalls }) => sum(Object.values(storeCalls))),
      "",
      1,
    ),
  );
  const share = shippedShareOfOrigin(engines ?? []);
  if (share !== undefined)
    goals.push(atMost("models of a film as shipped, over two runs of the origin's", 0.1, share, "", 2));
  if (startUp !== undefined)
    goals.push(atMost("warm npm start, ready", 3, quantile(startUp.warm, 0.5), "s", 1));
  if (scaling !== undefined) {
    const [first, ...more] = scaling.steps.map(
      ({ workers, filmsPerSecond }) => median(filmsPerSecond) / workers,
    );
    for (const [at, each] of more.entries()) {
      const loss = Math.abs(1 - each / (first ?? Number.NaN)) * 100;
      goals.push(atMost(`${at + 2} workers of each kind, off linear`, 5, loss, "%", 1));
    }
    const [shallow, deep] = scaling.depths.map(({ cpuMsPerFilm }) => median(cpuMsPerFilm));
    const most = Math.max(...scaling.depths.map(({ queued }) => queued)).toLocaleString("en");
    goals.push(
      atMost(
        `a film's CPU with ${most} queued over 100 queued`,
        1.05,
        (deep ?? Number.NaN) / (shallow ?? Number.NaN),
        "",
        2,
      ),
    );
  }
  return goals;
}
