import type { SoakResult } from "./run.js";
import { type Trend, trendOf } from "./trend.js";

/** How a figure did over a run. `unclear`: its noise is so great that growth could hide in it. */
export interface FigureVerdict extends Trend {
  process: string;
  figure: string;
  /** Growth that is none, in the figure's unit. */
  allowed: number;
  verdict: "flat" | "grows" | "unclear";
}

/** Growth over the run that is none: of its mean, and at the least. */
const allowances: Readonly<Record<string, { share: number; least: number }>> = {
  "RSS, MB": { share: 0.05, least: 5 },
  "heap, MB": { share: 0.1, least: 10 },
  handles: { share: 0, least: 4 },
  "descriptors, sockets with them": { share: 0, least: 4 },
  "loop delay p99, times an idle thread's": { share: 0.5, least: 1 },
  "used, MB": { share: 0.05, least: 1 },
  clients: { share: 0, least: 2 },
  keys: { share: 0.05, least: 20 },
};

/** Standard errors that growth must be more than, so that it is no noise. */
const errors = 2;

/**
 * Judges each figure of a run by the line through its samples.
 *
 * @param warmUp share of the samples, from the first, that are not judged
 */
export function judge({ samples }: Pick<SoakResult, "samples">, warmUp: number): FigureVerdict[] {
  const steady = samples.slice(Math.ceil(samples.length * warmUp));
  return Object.entries(steady[0]?.figures ?? {}).flatMap(([process, figures]) =>
    Object.keys(figures).map((figure): FigureVerdict => {
      const trend = trendOf(
        steady.map(({ jobs, figures }) => ({ x: jobs, y: figures[process]?.[figure] ?? Number.NaN })),
      );
      const { share, least } = allowances[figure] ?? { share: 0, least: 0 };
      const allowed = Math.max(least, trend.mean * share);
      return { process, figure, ...trend, allowed, verdict: verdictOf(trend, allowed) };
    }),
  );
}

function verdictOf({ growth, noise }: Trend, allowed: number): FigureVerdict["verdict"] {
  if (growth > allowed && growth > errors * noise) return "grows";
  // Also what is not a number.
  return noise <= allowed ? "flat" : "unclear";
}

/** What of a run was not as it should be, for people; nothing where all was. */
export function faultsOf(
  result: SoakResult,
  wantedJobs: number,
  verdicts: readonly FigureVerdict[],
): string[] {
  const done = Object.values(result.jobs).reduce((sum, count) => sum + count, 0);
  return [
    ...(done >= wantedJobs ? [] : [`${done} of ${wantedJobs} jobs were done in the time`]),
    ...(result.wrong === 0 ? [] : [`${result.wrong} analyses did not complete`]),
    ...(result.restarts === 0 ? [] : [`services died ${result.restarts} times`]),
    ...result.leftovers.map((key) => `left over: ${key}`),
    ...verdicts
      .filter(({ verdict }) => verdict !== "flat")
      .map(({ process, figure, verdict }) => `${process}, ${figure}: ${verdict}`),
  ];
}
