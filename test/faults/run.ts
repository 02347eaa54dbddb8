import { setTimeout as delay } from "node:timers/promises";
import { Random } from "../support/random.js";
import { check, type Violation } from "./checker.js";
import { FaultSystem } from "./fault-system.js";
import { History } from "./history.js";
import { type Injector, injectors } from "./injectors.js";
import { Load } from "./load.js";

export interface RunOptions {
  seed: number;
  /** Time with faults. */
  minutes: number;
  /** Submissions a second. */
  rate: number;
  /** Seconds between two faults, on average. */
  every: number;
  /** Longest a fault lasts, seconds; those that last longer by nature are cut to it. */
  longest?: number;
  /** Minutes after the last fault in which everything must come to its end: a webhook is tried again after up to five. */
  patience?: number;
  say?: (line: string) => void;
}

export interface RunResult {
  history: History;
  violations: Violation[];
  seconds: number;
}

/** Runs a system under load and random faults, heals it, and holds what came of it against what was promised. */
export async function run(options: RunOptions): Promise<RunResult> {
  const { seed, rate, patience = 15, say = () => undefined } = options;
  const began = performance.now();
  const history = new History();
  const random = new Random(seed);
  const system = await FaultSystem.start({ history, smallStore: true });
  const load = new Load(system, new Random(seed + 1));
  try {
    const expected = await load.baseline();
    say(`up; ${expected.size} films examined without faults`);
    load.start(rate);
    await injectFaults(system, random, options);
    say("faults are over");
    await delay(2_000);
    await load.stop();
    const until = performance.now() + patience * 60_000;
    const left = () => Math.max(10, (until - performance.now()) / 1000);
    await Promise.race([system.untilReady(), delay(left() * 1000, undefined, { ref: false })]);
    say(`not ready again: ${system.notReady().join(", ") || "none"}`);
    const ended = await load.untilEnded(left());
    say(ended ? "every promise has an end" : "some promises have no end");
    const leftovers = await system.untilQuiet(left());
    say("it is quiet, or had its time");
    await load.lookAgain();
    const violations = check(history, expected, leftovers);
    const seconds = Math.round((performance.now() - began) / 1000);
    say(`${violations.length} violations`);
    return { history, violations, seconds };
  } finally {
    load.leave();
    await system.stop();
  }
}

async function injectFaults(
  system: FaultSystem,
  random: Random,
  { minutes, every, longest = Number.POSITIVE_INFINITY, say = () => undefined }: RunOptions,
): Promise<void> {
  const { history } = system;
  const busy = new Set<string>();
  const under = new Set<Promise<void>>();
  const until = performance.now() + minutes * 60_000;
  const work = async (injector: Injector, seconds: number) => {
    const { name, group } = injector;
    busy.add(group);
    try {
      const fault = await injector.inject(system, random);
      history.add({ type: "fault", name, ...(fault.target === undefined ? {} : { target: fault.target }) });
      say(`${name} ${fault.target ?? ""} ${seconds === 0 ? "" : `for ${seconds.toFixed(0)} s`}`);
      await delay(seconds * 1000);
      await fault.heal?.();
      history.add({ type: "healed", name });
    } finally {
      busy.delete(group);
    }
  };
  while (performance.now() < until) {
    await delay(every * 1000 * random.between(0.3, 1.7));
    const free = injectors.filter(({ group }) => !busy.has(group));
    if (free.length === 0) continue;
    const injector = weighted(free, random);
    const [least, most] = injector.seconds;
    const working: Promise<void> = work(injector, Math.min(longest, random.between(least, most))).finally(
      () => under.delete(working),
    );
    under.add(working);
  }
  await Promise.all(under);
}

function weighted(from: readonly Injector[], random: Random): Injector {
  let at = random.between(
    0,
    from.reduce((sum, { weight }) => sum + weight, 0),
  );
  for (const injector of from) {
    at -= injector.weight;
    if (at < 0) return injector;
  }
  return random.pick(from);
}
