import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { type RunningSystem, type SystemOptions, startSystem } from "@osteon/embedded";
import type { BenchFilm } from "../films.js";
import { type Client, osteonProtocol, untilServed, withClient } from "../load/client.js";
import { closedLoop, openLoop, type Round, steadyRate } from "../load/loops.js";
import { signalTree, usageOf } from "../measure/process-tree.js";
import {
  type CommandCounts,
  commandsBetween,
  microsecondsBetween,
  probeRedis,
  type RedisProbe,
} from "../measure/redis.js";
import { type ProcessFigures, scrape } from "../measure/scrape.js";
import type { Contestant } from "./contestant.js";

/** What one film costs, by process, and where the cost arises. */
export interface FilmCosts {
  processes: { name: string; cpuMs: number; residentMegabytes: number; lagP99: number; lagMost: number }[];
  /** Commands as Redis counts them, by name; those that scripts call are among them. */
  redisCommands: [string, number][];
  storeCalls: Record<string, number>;
  /** Bytes through the object store, in and out. */
  storeBytes: number;
  redisBytes: number;
}

/** A whole Osteon on a folder of its own. */
export class Osteon implements Contestant {
  readonly name: string;
  readonly title: string;
  readonly kind = "durable";
  readonly #system: RunningSystem;
  readonly #films: readonly BenchFilm[];
  readonly #redis: RedisProbe;
  /** What it sends to Redis, and what Redis executes, in a second without films. */
  #idle: Idle | undefined;

  private constructor(system: RunningSystem, films: readonly BenchFilm[], precision: "fp32" | "int8") {
    this.name = precision === "fp32" ? "osteon" : "osteon-int8";
    this.title = precision === "fp32" ? "Osteon, float32 models" : "Osteon as it ships, int8 models";
    this.#system = system;
    this.#films = films;
    this.#redis = probeRedis(system.redisUrl);
    // Stopped services would outlive a bench that is ended: they could not see that it has gone.
    process.once("exit", () => this.#continue());
  }

  /** @param precision float32 is what the rivals run */
  static async start(
    films: readonly BenchFilm[],
    { precision = "fp32", ...options }: SystemOptions & { precision?: "fp32" | "int8" } = {},
  ): Promise<Osteon> {
    const dataDir = await mkdtemp(path.join(os.tmpdir(), "osteon-bench-"));
    const system = await startSystem({
      dataDir,
      port: 0,
      redisUrl: null,
      ...options,
      env: { HEALTH_PORT: "0", LOG_LEVEL: "warn", INFERENCE_PRECISION: precision, ...options.env },
    });
    return new Osteon(system, films, precision);
  }

  run(inFlight: number, seconds: number): Promise<Round> {
    return this.#with(({ follow }) => closedLoop(follow, this.#films, { inFlight, seconds }));
  }

  /** Films that come at `rate` a second. */
  runOpen(rate: number, seconds: number): Promise<Round> {
    return this.#with(({ follow }) => openLoop(follow, this.#films, { rate, seconds }));
  }

  /** Films a second of a closed loop without its beginning and its end. */
  async steadyRate(inFlight: number, seconds: number): Promise<number> {
    const began = performance.now();
    return steadyRate(await this.run(inFlight, seconds), began, 1, seconds);
  }

  /** Lets films pile up before the workers until `queued` wait, and tells what each of the next `films` costs to work off. */
  async drain(queued: number, films: number): Promise<{ cpuMs: number; redisMicroseconds: number }> {
    const workers = this.#system.services.filter(({ name }) => name !== "gateway");
    const tell = (signal: NodeJS.Signals) => {
      for (const { pid } of workers) if (pid !== undefined) signalTree(pid, signal);
    };
    tell("SIGSTOP");
    let missing = queued - (await this.#redis.waiting());
    await this.#with(async (client) => {
      const submit = async () => {
        while (missing-- > 0) await client.submit(this.#films[missing % this.#films.length] as BenchFilm);
      };
      await Promise.all(Array.from({ length: 16 }, submit));
    });
    const [before, began] = [await this.#redis.commands(), this.usage().cpuMs];
    const goal = (await this.#redis.ended()) + films;
    tell("SIGCONT");
    let ended = 0;
    while (ended < goal) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      ended = await this.#redis.ended();
    }
    tell("SIGSTOP");
    const done = ended - goal + films;
    const cpuMs = (this.usage().cpuMs - began) / done;
    const spent = microsecondsBetween(before, await this.#redis.commands());
    tell("SIGCONT");
    return { cpuMs, redisMicroseconds: spent / done };
  }

  /** Commands that its services send to Redis for each film of a run. */
  async redisSent(inFlight: number, seconds: number): Promise<number> {
    const idle = await this.#idling();
    let round: Round = { films: 0, seconds: 0, times: [] };
    const sent = await this.#redis.sent(async () => {
      round = await this.run(inFlight, seconds);
    });
    return (sent - idle.sent * round.seconds) / round.films;
  }

  /** Runs, and tells what each film cost; what it does by itself, film or no film, is taken off the commands. */
  async runCosted(inFlight: number, seconds: number): Promise<{ round: Round; costs: FilmCosts }> {
    const idle = await this.#idling();
    const before = { figures: await this.#scrape(), ...(await this.#look()) };
    const round = await this.run(inFlight, seconds);
    // A scrape asks Redis for the depths of its queues: before the first look, and behind the last.
    const after = { ...(await this.#look()), figures: await this.#scrape() };
    return { round, costs: costsOf(before, after, round, idle.executed) };
  }

  async #idling(): Promise<Idle> {
    if (this.#idle !== undefined) return this.#idle;
    const rest = () => new Promise((resolve) => setTimeout(resolve, idleSeconds * 1000));
    const before = await this.#redis.commands();
    const sent = await this.#redis.sent(rest);
    const after = await this.#redis.commands();
    this.#idle = { sent: sent / idleSeconds, executed: commandsBetween(before, after, idleSeconds) };
    return this.#idle;
  }

  usage(): { cpuMs: number; residentMegabytes: number } {
    return usageOf([...this.#pids().values()]);
  }

  /** To each service. */
  signal(name: NodeJS.Signals): void {
    for (const { pid } of this.#system.services) if (pid !== undefined) process.kill(pid, name);
  }

  pause(): void {
    for (const pid of this.#pids().values()) signalTree(pid, "SIGSTOP");
  }

  async resume(): Promise<void> {
    this.#continue();
    await untilServed(this.#system.url, osteonProtocol, this.#films);
  }

  async stop(): Promise<void> {
    this.#continue();
    await this.#redis.close();
    await this.#system.stop();
    await rm(this.#system.dataDir, { recursive: true, force: true, maxRetries: 5 });
  }

  #continue(): void {
    for (const pid of this.#pids().values()) signalTree(pid, "SIGCONT");
  }

  #with<T>(use: (client: Client) => Promise<T>): Promise<T> {
    return withClient(this.#system.url, osteonProtocol, use);
  }

  #pids(): Map<string, number> {
    const { services, redis } = this.#system;
    const named: [string, number | undefined][] = services.map(({ label, pid }) => [label, pid]);
    return new Map(
      [...named, ["redis", redis?.pid] as const].flatMap(([name, pid]) =>
        pid === undefined ? [] : [[name, pid]],
      ),
    );
  }

  #scrape(): Promise<ProcessFigures[]> {
    return Promise.all(
      this.#system.services.flatMap(({ label, health }) =>
        health === undefined ? [] : [scrape(label, health)],
      ),
    );
  }

  async #look(): Promise<Omit<Look, "figures">> {
    const [commands, { in: came, out: went }] = [await this.#redis.commands(), await this.#redis.traffic()];
    const usage = new Map([...this.#pids()].map(([name, pid]) => [name, usageOf([pid])]));
    return { commands, redisBytes: came + went, usage };
  }
}

const idleSeconds = 4;

interface Idle {
  sent: number;
  executed: Map<string, number>;
}

interface Look {
  figures: ProcessFigures[];
  commands: CommandCounts;
  redisBytes: number;
  usage: Map<string, { cpuMs: number; residentMegabytes: number }>;
}

function costsOf(
  before: Look,
  after: Look,
  { films, seconds }: Round,
  idle: ReadonlyMap<string, number>,
): FilmCosts {
  const sum = (look: Look, value: (figures: ProcessFigures) => number) =>
    look.figures.reduce((total, each) => total + value(each), 0);
  const per = (value: (figures: ProcessFigures) => number) =>
    (sum(after, value) - sum(before, value)) / films;
  const operations = [...new Set(after.figures.flatMap(({ storeCalls }) => Object.keys(storeCalls)))];
  return {
    processes: [...after.usage].map(([name, { cpuMs, residentMegabytes }]) => {
      const { lagP99, lagMost } = after.figures.find(({ service }) => service === name) ?? {
        lagP99: Number.NaN,
        lagMost: Number.NaN,
      };
      return {
        name,
        cpuMs: (cpuMs - (before.usage.get(name)?.cpuMs ?? 0)) / films,
        residentMegabytes,
        lagP99,
        lagMost,
      };
    }),
    redisCommands: [...commandsBetween(before.commands, after.commands, 1)]
      .map(([name, calls]): [string, number] => [name, (calls - (idle.get(name) ?? 0) * seconds) / films])
      .sort((a, b) => b[1] - a[1]),
    storeCalls: Object.fromEntries(
      operations.map((name) => [name, per(({ storeCalls }) => storeCalls[name] ?? 0)]),
    ),
    storeBytes: per(({ storeBytes }) => storeBytes),
    redisBytes: (after.redisBytes - before.redisBytes) / films,
  };
}
