import { createInterface } from "node:readline";
import type { Round } from "../load/loops.js";
import { BenchChild } from "./child.js";
import type { Contestant } from "./contestant.js";

/** A loop, and what it said when it was hot. */
export interface LoopContestant extends Contestant {
  readonly ready: Readonly<Record<string, number>>;
  /** One film at a time. */
  runIdle(seconds: number): Promise<Round>;
  /** CPU milliseconds a film by stage; only of a loop that runs the films' models. */
  stages(): Promise<Readonly<Record<string, number>>>;
}

/**
 * Starts a process that speaks lines of JSON: something when it is hot, then `{films, seconds}` to each
 * `{seconds, inHand?}`, and CPU milliseconds by stage to `{stages}`.
 */
export async function startLoop(
  { name, title }: Pick<Contestant, "name" | "title">,
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<LoopContestant> {
  const child = new BenchChild(command, args, { env, answers: true });
  if (child.stdout === null) throw new Error(`${name} has no output`);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<Record<string, number>> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`${title} ended:\n${child.lastWords}`);
    return JSON.parse(value) as Record<string, number>;
  };
  const ask = (order: object) => {
    child.stdin?.write(`${JSON.stringify(order)}\n`);
    return next();
  };
  const run = async (order: object): Promise<Round> => {
    const { films = 0, seconds = Number.NaN } = await ask(order);
    return { films, seconds, times: [] };
  };
  const ready = await next();
  return {
    ready,
    name,
    title,
    kind: "loop",
    run: (_inFlight, seconds) => run({ seconds }),
    runIdle: (seconds) => run({ seconds, inHand: 1 }),
    stages: () => ask({ stages: true }),
    usage: () => child.usage(),
    pause: () => child.signal("SIGSTOP"),
    resume: async () => child.signal("SIGCONT"),
    stop: () => child.stop(),
  };
}
