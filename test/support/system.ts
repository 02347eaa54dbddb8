import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import {
  type RunningRedis,
  type RunningSystem,
  type ServiceName,
  type SupervisedProcess,
  type SystemOptions,
  startSystem,
} from "@osteon/embedded";
import { closeRedis, connectRedis, FileStore, KeyRing, type Scope } from "@osteon/shared";
import { Client } from "./client.js";
import { until } from "./until.js";

/** Signs the deliveries of every test system. */
export const webhookSecret = `whsec_${Buffer.from("a secret that only the tests know").toString("base64")}`;

export interface TestSystemOptions extends Pick<SystemOptions, "counts" | "env" | "modelsDir"> {
  /** Kept and used again where given; else a new one that goes with the system. */
  dataDir?: string;
}

/** A worker process whose metrics can be read. */
export interface TestWorker {
  process: SupervisedProcess;
  /** Jobs that this process finished. */
  jobsDone(): Promise<number>;
}

/** A whole Osteon of real processes on its own Redis and folder, with everything a test may do to it. */
export class TestSystem {
  readonly client: Client;
  readonly redis: RunningRedis;
  readonly running: RunningSystem;
  /** Of its own store: not where a test gave it a bucket. */
  readonly ring: KeyRing;
  readonly #temporary: string | undefined;

  constructor(running: RunningSystem, temporary: string | undefined) {
    assert.ok(running.redis);
    this.running = running;
    this.redis = running.redis;
    this.client = new Client(running.url);
    this.ring = new KeyRing(new FileStore(path.join(running.dataDir, "store")));
    this.#temporary = temporary;
  }

  /** A new key's text. */
  async key(tenant: string, ...scopes: Scope[]): Promise<string> {
    return (await this.ring.create({ tenant, name: "", scopes })).text;
  }

  /** SIGKILL to one process of the service; the supervisor starts it again. */
  async kill(service: ServiceName): Promise<void> {
    const process = this.running.named(service)[0];
    assert.ok(process);
    await process.kill("SIGKILL");
  }

  /** Holds every process of a service where it is, as long as `during` takes. */
  async paused<T>(service: ServiceName, during: () => Promise<T>): Promise<T> {
    const send = (signal: NodeJS.Signals) => {
      for (const { pid } of this.running.named(service)) if (pid !== undefined) process.kill(pid, signal);
    };
    send("SIGSTOP");
    try {
      return await during();
    } finally {
      send("SIGCONT");
    }
  }

  async wipeRedis(): Promise<void> {
    await this.#withRedis((redis) => redis.flushall());
  }

  workers(service: ServiceName): TestWorker[] {
    return this.running.named(service).map((process) => ({
      process,
      jobsDone: async () => {
        const text = await (await fetch(`${process.health}/metrics`)).text();
        return Number(
          /^osteon_job_duration_seconds_count\{[^}]*outcome="done"[^}]*\} (\d+)$/m.exec(text)?.[1] ?? 0,
        );
      },
    }));
  }

  /** What there is of analyses and jobs, in store and Redis. */
  async snapshot(): Promise<{ objects: string[]; keys: string[] }> {
    const objects = await readdir(path.join(this.running.dataDir, "store"), { recursive: true });
    const keys = await this.#withRedis((redis) => redis.keys("*"));
    return {
      objects: objects.filter((name) => !/^(\.tmp|\.id|probe)/.test(name)).sort(),
      // What is not of an analysis: heartbeats, locks, the queues' own bookkeeping.
      keys: keys.filter((key) => /:live:|:[0-9a-f]{8}-[0-9a-f-]{27}/.test(key)).sort(),
    };
  }

  /** Analyses that have not ended. */
  async pending(): Promise<number> {
    return (await readdir(path.join(this.running.dataDir, "store", "pending")).catch(() => [])).length;
  }

  /** Waits until nothing is pending or owed any more, and no job is left. */
  async settled(seconds = 60): Promise<void> {
    const store = path.join(this.running.dataDir, "store");
    let left: string[] = [];
    let jobs: string[] = [];
    const told = () => `nothing is left; there are ${left.length} markers, ${jobs.join(" ")}`;
    await until(told, seconds, async () => {
      const folders = ["pending", "deliveries"].map((each) =>
        readdir(path.join(store, each)).catch(() => []),
      );
      left = (await Promise.all(folders)).flat();
      jobs = await this.#withRedis((redis) => redis.keys("{osteon}:[bfrw]*:[0-9a-f]*-*"));
      return left.length === 0 && jobs.length === 0;
    });
  }

  async stop(): Promise<void> {
    await this.running.stop();
    if (this.#temporary !== undefined) await rm(this.#temporary, { recursive: true, force: true });
  }

  async #withRedis<T>(use: (redis: ReturnType<typeof connectRedis>) => Promise<T>): Promise<T> {
    const redis = connectRedis(this.running.redisUrl, "commands");
    try {
      return await use(redis);
    } finally {
      await closeRedis(redis);
    }
  }
}

export async function startTestSystem(options: TestSystemOptions = {}): Promise<TestSystem> {
  const temporary =
    options.dataDir === undefined ? await mkdtemp(path.join(os.tmpdir(), "osteon-test-")) : undefined;
  const running = await startSystem({
    dataDir: options.dataDir ?? temporary ?? "",
    port: 0,
    redisUrl: null,
    ...(options.counts === undefined ? {} : { counts: options.counts }),
    ...(options.modelsDir === undefined ? {} : { modelsDir: options.modelsDir }),
    env: { WEBHOOK_SECRET: webhookSecret, WEBHOOK_ALLOW: "127.0.0.0/8", ...options.env },
    write: () => undefined,
  });
  return new TestSystem(running, temporary);
}
