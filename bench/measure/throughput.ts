import { within } from "@osteon/embedded";
import type { Contestant } from "../contestants/contestant.js";
import { filmsPerSecond } from "../load/loops.js";

/** A contestant's rounds. Round `i` of all contestants lies in one stretch of time: ratios are of one round. */
export interface Throughput {
  name: string;
  title: string;
  kind: Contestant["kind"];
  filmsPerSecond: number[];
  /** Its own processes', the load generator's excluded. */
  cpuMsPerFilm: number[];
  residentMegabytes: number;
  /** Milliseconds of every film of every round; empty for a loop. */
  ack: number[];
  result: number[];
  /** Why it ended before its time; its rounds until then count. */
  failure?: string;
}

/** A round lasts seconds; this is for one that hangs. */
const longestStepMs = 90_000;

/**
 * Rounds of all contestants by turns. Who has not its turn is stopped. A rival that fails is out of the race, and the report says
 * so. @throws Error where Osteon or its bare loop fails
 */
export async function measureThroughput(
  contestants: readonly Contestant[],
  options: {
    rounds: number;
    seconds: number;
    warmUpSeconds: number;
    inFlight: number;
    say: (line: string) => void;
  },
): Promise<Throughput[]> {
  const { rounds, seconds, warmUpSeconds, inFlight, say } = options;
  const found = contestants.map(
    ({ name, title, kind }): Throughput => ({
      name,
      title,
      kind,
      filmsPerSecond: [],
      cpuMsPerFilm: [],
      residentMegabytes: 0,
      ack: [],
      result: [],
    }),
  );
  for (const each of contestants) each.pause();
  for (let round = 0; round <= rounds; round += 1) {
    for (const [at, contestant] of contestants.entries()) {
      const mine = found[at];
      if (mine === undefined || mine.failure !== undefined) continue;
      try {
        await inTime(contestant.resume());
        // Round 0 warms up, and every round begins with a film or two that nobody counts: connections and caches come back.
        await inTime(contestant.run(inFlight, round === 0 ? warmUpSeconds : 1));
        if (round > 0) {
          const before = contestant.usage().cpuMs;
          const done = await inTime(contestant.run(inFlight, seconds));
          const usage = contestant.usage();
          mine.filmsPerSecond.push(filmsPerSecond(done));
          mine.cpuMsPerFilm.push((usage.cpuMs - before) / done.films);
          mine.residentMegabytes = usage.residentMegabytes;
          mine.ack.push(...done.times.map(({ ack }) => ack));
          mine.result.push(...done.times.map(({ result }) => result));
        }
      } catch (error) {
        if (needed.includes(contestant.name)) throw error;
        mine.failure = failureOf(error);
        say(`${mine.title} is out: ${mine.failure}`);
      }
      contestant.pause();
    }
    say(
      round === 0
        ? "all contestants are warm"
        : `round ${round} of ${rounds}: ${found.map(({ name, filmsPerSecond: rates }) => `${name} ${rates.at(-1)?.toFixed(1)}`).join(", ")}`,
    );
  }
  await Promise.all(contestants.filter(({ name }) => needed.includes(name)).map((each) => each.resume()));
  return found;
}

/** A contestant that never comes to an end is out, and the others go on. */
const inTime = <T>(step: Promise<T>): Promise<T> =>
  within(longestStepMs, step, () => new Error(`no end within ${longestStepMs / 1000} s`));

/** Without these there is nothing to compare with. */
const needed: readonly string[] = ["bare", "osteon"];

/** The first line of what went wrong, short. */
export function failureOf(error: unknown): string {
  const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
  return line.slice(0, 200);
}
