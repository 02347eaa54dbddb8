import type { Osteon } from "../contestants/osteon.js";
import type { FilmTimes } from "../load/client.js";
import { filmsPerSecond, type Round } from "../load/loops.js";
import { median, quantile } from "./statistics.js";

/** Osteon under one kind of load: rates by round, times of all rounds' films. */
export interface LoadLevel {
  /** Such as "closed, 16 in flight". */
  title: string;
  inFlight?: number;
  /** Films that were due a second, of an open loop. */
  rate?: number;
  filmsPerSecond: number[];
  ackMs: { p50: number; p99: number };
  resultMs: { p50: number; p95: number; p99: number };
}

const levels = [1, 4, 16, 64];
/** Of the rate that the closed loop with 16 in flight reached. */
const shares = [0.5, 0.8, 0.95];

export interface LevelOptions {
  rounds: number;
  seconds: number;
  say: (line: string) => void;
}

/** Closed loops by turns, then open loops at shares of the rate that was reached. */
export async function measureLoadLevels(osteon: Osteon, options: LevelOptions): Promise<LoadLevel[]> {
  const closed = await byTurns(
    levels.map((inFlight) => ({
      title: inFlight === 1 ? "closed, one at a time" : `closed, ${inFlight} in flight`,
      inFlight,
      run: (seconds: number) => osteon.run(inFlight, seconds),
    })),
    options,
  );
  const reached = median(closed.find(({ inFlight }) => inFlight === 16)?.filmsPerSecond ?? []);
  const open = await byTurns(
    shares.map((share) => ({
      title: `open, ${share * 100} % of that rate`,
      rate: share * reached,
      run: (seconds: number) => osteon.runOpen(share * reached, seconds),
    })),
    options,
  );
  return [...closed, ...open];
}

interface Load extends Pick<LoadLevel, "title" | "inFlight" | "rate"> {
  run(seconds: number): Promise<Round>;
}

async function byTurns(loads: readonly Load[], { rounds, seconds, say }: LevelOptions): Promise<LoadLevel[]> {
  const done = loads.map((): Round[] => []);
  for (let round = 0; round < rounds; round += 1)
    for (const [at, { run }] of loads.entries()) done[at]?.push(await run(seconds));
  return loads.map(({ run: _, ...load }, at) => {
    const mine = done[at] ?? [];
    const level = {
      ...load,
      filmsPerSecond: mine.map(filmsPerSecond),
      ...timesOf(mine.flatMap(({ times }) => times)),
    };
    say(
      `${level.title}: ${median(level.filmsPerSecond).toFixed(1)} films/s, result p95 ${level.resultMs.p95.toFixed(0)} ms`,
    );
    return level;
  });
}

function timesOf(times: readonly FilmTimes[]): Pick<LoadLevel, "ackMs" | "resultMs"> {
  const acks = times.map(({ ack }) => ack);
  const results = times.map(({ result }) => result);
  return {
    ackMs: { p50: quantile(acks, 0.5), p99: quantile(acks, 0.99) },
    resultMs: { p50: quantile(results, 0.5), p95: quantile(results, 0.95), p99: quantile(results, 0.99) },
  };
}
