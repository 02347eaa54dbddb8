import assert from "node:assert/strict";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  type RunningRedis,
  type RunningSystem,
  type ServiceName,
  type SupervisedProcess,
  startRedis,
  startSystem,
} from "@osteon/embedded";
import { type RunningS3, startS3 } from "@osteon/embedded/testing";
import { type Backbone, loadConfig, openBackbone, Reconciler, walk } from "@osteon/shared";
import { bucketEnv } from "../support/bucket.js";
import { Receiver } from "../support/receiver.js";
import { analysisFolders } from "../support/store-folders.js";
import { strayKeys } from "../support/stray-keys.js";
import { webhookSecret } from "../support/system.js";
import { TcpProxy } from "../support/tcp-proxy.js";
import type { Leftovers } from "./checker.js";
import type { History } from "./history.js";
import { armedFile, type CrashPoint, clockFile } from "./inside/points.js";
import { S3Proxy } from "./s3-proxy.js";
import { mountDisk, type SmallDisk } from "./small-disk.js";

const preload = new URL("./inside/preload.js", import.meta.url).href;
/** Room of the store where it can be filled up, megabytes. */
const storeMegabytes = 512;

export interface FaultSystemOptions {
  history: History;
  counts?: Partial<Record<ServiceName, number>>;
  env?: Record<string, string>;
  /** A fault of the product itself (`inside/mutations.ts`). */
  mutation?: string;
  /** Puts the store on a file system of its own that can be filled up, where this machine lets us. */
  smallStore?: boolean;
}

type Closer = () => unknown;

interface Parts {
  history: History;
  folder: string;
  redis: RunningRedis;
  redisProxy: TcpProxy;
  s3: RunningS3;
  s3Proxy: S3Proxy;
  receiver: Receiver;
  running: RunningSystem;
  direct: Backbone;
  disk: SmallDisk | undefined;
}

/**
 * A whole Osteon of real processes, several of each service, behind proxies of ours: a real Redis with AOF, a real S3 server,
 * a receiver. Everything in it can be hurt.
 */
export class FaultSystem {
  readonly history: History;
  readonly folder: string;
  readonly redis: RunningRedis;
  readonly redisProxy: TcpProxy;
  readonly s3: RunningS3;
  readonly s3Proxy: S3Proxy;
  readonly receiver: Receiver;
  readonly running: RunningSystem;
  /** Goes straight to Redis and S3, past the proxies. */
  readonly direct: Backbone;
  readonly #disk: SmallDisk | undefined;
  readonly #faults: string;
  readonly #closers: Closer[];

  private constructor(parts: Parts, closers: Closer[]) {
    this.history = parts.history;
    this.folder = parts.folder;
    this.redis = parts.redis;
    this.redisProxy = parts.redisProxy;
    this.s3 = parts.s3;
    this.s3Proxy = parts.s3Proxy;
    this.receiver = parts.receiver;
    this.running = parts.running;
    this.direct = parts.direct;
    this.#disk = parts.disk;
    this.#faults = faultsOf(parts.folder);
    this.#closers = closers;
    for (const each of this.running.services) {
      each.on("exit", ({ code, signal }) =>
        this.history.add({ type: "exited", process: each.label, how: signal ?? `code ${code}` }),
      );
    }
    this.receiver.on("delivery", ({ id, event, answered }) =>
      this.history.add({ type: "delivered", id, analysis: event.data, answered }),
    );
    this.s3Proxy.on("written", (key) => this.history.add({ type: "written", key }));
  }

  static async start(options: FaultSystemOptions): Promise<FaultSystem> {
    const closers: Closer[] = [];
    try {
      return await FaultSystem.#start(options, closers);
    } catch (error) {
      await closeAll(closers);
      throw error;
    }
  }

  /** @param closers gets what ends whatever has started, in the order of starting */
  static async #start(
    { history, counts, env, mutation, smallStore }: FaultSystemOptions,
    closers: Closer[],
  ): Promise<FaultSystem> {
    const folder = await mkdtemp(path.join(os.tmpdir(), "osteon-faults-"));
    closers.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
    const store = path.join(folder, "s3");
    mkdirSync(store);
    const disk = smallStore === true ? mountDisk(store, storeMegabytes) : undefined;
    closers.push(() => disk?.remove());
    const redis = await startRedis({ dataDir: folder });
    closers.push(() => redis.stop());
    const redisProxy = await TcpProxy.start(redis.port);
    closers.push(() => redisProxy.close());
    const s3 = await startS3({ dir: store });
    closers.push(() => s3.stop());
    await s3.createBucket("films");
    const s3Proxy = await S3Proxy.start(s3.endpoint);
    closers.push(() => s3Proxy.close());
    const receiver = await Receiver.start(webhookSecret);
    closers.push(() => receiver.stop());
    for (const each of ["armed", "clock"]) mkdirSync(path.join(faultsOf(folder), each), { recursive: true });
    const running = await startSystem({
      dataDir: path.join(folder, "data"),
      port: 0,
      redisUrl: redis.url.replace(String(redis.port), String(redisProxy.port)),
      counts: { gateway: 2, "bodypart-worker": 2, "fracture-worker": 2, ...counts },
      env: {
        ...bucketEnv(s3, s3Proxy.url),
        WEBHOOK_SECRET: webhookSecret,
        WEBHOOK_ALLOW: "127.0.0.0/8",
        WEBHOOK_TIMEOUT_SECONDS: "3",
        // Shorter than usual, long enough for a machine that others keep busy.
        JOB_LOCK_MS: "8000",
        RECONCILE_SECONDS: "2",
        INFERENCE_THREADS: "1",
        NODE_OPTIONS: `--import=${preload}`,
        OSTEON_FAULTS_DIR: faultsOf(folder),
        ...(mutation === undefined ? {} : { OSTEON_MUTATION: mutation }),
        ...env,
      },
      startTimeoutMs: 300_000,
      write: () => undefined,
    });
    closers.push(() => running.stop());
    const direct = await openBackbone(
      loadConfig({ ...bucketEnv(s3), REDIS_URL: redis.url, LOG_LEVEL: "silent" }),
    );
    closers.push(() => direct.close());
    const parts = { history, folder, redis, redisProxy, s3, s3Proxy, receiver, running, direct, disk };
    return new FaultSystem(parts, closers);
  }

  /** Addresses of the gateways; the same after restarts. */
  get gateways(): string[] {
    return this.running.named("gateway").flatMap(({ health }) => health ?? []);
  }

  named(service: ServiceName): SupervisedProcess[] {
    return this.running.named(service);
  }

  /** The next process that comes to this point is killed there, or stopped. */
  arm(point: CrashPoint, how: "SIGKILL" | "SIGSTOP" = "SIGKILL"): void {
    const file = armedFile(this.#faults, point);
    // Put there whole: a process that comes by must not read half of it.
    writeFileSync(`${file}.new`, how);
    renameSync(`${file}.new`, file);
  }

  /** Whether nobody has come to the point since it was armed. */
  isArmed(point: CrashPoint): boolean {
    return existsSync(armedFile(this.#faults, point));
  }

  /** Sets a process's clock wrong, by milliseconds. */
  setClock({ pid }: SupervisedProcess, wrongBy: number): void {
    if (pid === undefined) return;
    writeFileSync(clockFile(this.#faults, pid), String(wrongBy));
    signal(pid, "SIGUSR2");
  }

  /**
   * Fills the store's file system to the last byte; what is returned empties it. Where it is none of its own, the proxy answers
   * every write as the server of a full one does.
   */
  fillStore(): { how: string; empty: () => void } {
    if (this.#disk !== undefined) return { how: "to the last byte", empty: this.#disk.fill() };
    this.s3Proxy.fault = (method) => (method === "PUT" ? { status: 500, code: "InternalError" } : undefined);
    const empty = () => {
      this.s3Proxy.fault = () => undefined;
    };
    return { how: "by answers of the proxy", empty };
  }

  async untilReady(): Promise<void> {
    await Promise.all(this.running.services.map((each) => each.untilReady()));
  }

  /** Those that are not ready, by their labels. */
  notReady(): string[] {
    return this.running.services.filter(({ ready }) => !ready).map(({ label }) => label);
  }

  /** Waits until no analysis has a marker any more: they go some time after its end. */
  async untilUnmarked(): Promise<void> {
    const { pending } = this.direct.analyses.ledger;
    while (!(await pending.ids().next()).done) await delay(50);
  }

  /**
   * Waits until nothing is pending, owed or queued any more, with what was never finished swept as after hours.
   * @returns what is left after the time
   */
  async untilQuiet(seconds: number): Promise<Leftovers> {
    await this.#sweep();
    for (const until = performance.now() + seconds * 1000; ; await delay(250)) {
      const left = await this.#leftovers();
      const busy =
        Object.values(left.jobs).some((count) => count > 0) ||
        left.objects.some((key) => /^(pending|deliveries|erasures)\//.test(key));
      if (!busy || performance.now() > until) return left;
    }
  }

  stop(): Promise<void> {
    return closeAll(this.#closers);
  }

  /** A reconciler's walks as they are made hours later: what nobody finished is swept. */
  async #sweep(): Promise<void> {
    let later = 0;
    const reconciler = new Reconciler({
      ...this.direct,
      now: () => Date.now() + 2 * 3_600_000,
      elapsed: () => later,
    });
    for (const at of [0, 3_600_000]) {
      later = at;
      for (;;) {
        await this.direct.redis.del("{osteon}:reconciler");
        if ((await reconciler.walk(2)) !== undefined) break;
      }
    }
  }

  async #leftovers(): Promise<Leftovers> {
    const objects: string[] = [];
    for (const folder of analysisFolders)
      for await (const key of walk(this.direct.store, folder)) objects.push(key);
    const jobs: Record<string, number> = {};
    for (const [kind, states] of Object.entries(await this.direct.queues.counts()))
      for (const [state, count] of Object.entries(states)) jobs[`${kind}:${state}`] = count;
    return { objects, jobs, strayKeys: await strayKeys(this.direct.redis) };
  }
}

async function closeAll(closers: Closer[]): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close();
}

/** Sends a signal to a process that may be gone. */
export function signal(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, name);
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, "ESRCH");
  }
}

function faultsOf(folder: string): string {
  return path.join(folder, "faults");
}
