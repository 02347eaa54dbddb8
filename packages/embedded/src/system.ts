import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Config, keysBeyondLoopback, loadConfig } from "@osteon/shared/config";
import { Backoff } from "./backoff.js";
import { ConsoleLog } from "./console-log.js";
import { freePort, isPortFree } from "./free-port.js";
import { checkRedis, namesRedis, withoutRedis } from "./given-redis.js";
import { DataDirLock } from "./lock.js";
import { defaultDataDir, repoRoot, userCwd } from "./paths.js";
import { endRedisOrphan, type RunningRedis, startRedis } from "./redis.js";
import { webhookMasterSecret, webhookSecret } from "./secrets.js";
import { StartError } from "./start-error.js";
import type { SupervisedProcess } from "./supervised-process.js";
import { endOrphans, Supervisor } from "./supervisor.js";

export const serviceNames = ["gateway", "bodypart-worker", "fracture-worker", "webhook-worker"] as const;
export type ServiceName = (typeof serviceNames)[number];

export interface SystemOptions {
  /** Everything the system keeps. Default `DATA_DIR`, else `.osteon` in the repository. */
  dataDir?: string;
  /** Default `HOST`, else 127.0.0.1. */
  host?: string;
  /** Of the first gateway; 0 takes a free one. Default `PORT`, else 8080. */
  port?: number;
  /** Absolute. Default `MODELS_DIR`, else `models` in the repository. */
  modelsDir?: string;
  /** A Redis that somebody else runs. Default the one that the environment names, else one of our own. `null`: our own whatever it names. */
  redisUrl?: string | null;
  /** Processes of each service. Default 1 of each. */
  counts?: Partial<Record<ServiceName, number>>;
  /** Variables for every service, over those of this process. `HEALTH_PORT` (any) gives each worker a port of its own. */
  env?: Record<string, string>;
  /** Folder of the services: `<name>/dist/src/main.js` in it. */
  servicesDir?: string;
  /** Shows every line that is logged, not only from `warn` up. */
  verbose?: boolean;
  /** Told what takes long. */
  say?: (line: string) => void;
  /** Gets the lines for the console. Default: standard error. */
  write?: (line: string) => void;
  /** Breaks the start off. */
  signal?: AbortSignal;
  startTimeoutMs?: number;
}

/** A whole Osteon: Redis and all services, each a process. */
export interface RunningSystem {
  /** Of the first gateway, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly dataDir: string;
  readonly webhookSecret: string;
  /** Of our own, or `undefined` with a Redis that somebody else runs. */
  readonly redis: RunningRedis | undefined;
  readonly redisUrl: string;
  readonly services: readonly SupervisedProcess[];
  /** The processes of one service. */
  named(name: ServiceName): SupervisedProcess[];
  /** Gateways first, then the workers drain, Redis last. `force` kills the services. May be called again to force. */
  stop(options?: { force?: boolean }): Promise<void>;
}

/** Films stop coming in before anything stops working on them. */
const stopOrder = [["gateway"], ["bodypart-worker", "fracture-worker", "webhook-worker"]] as const;
/** Longer than a service may take to drain, so that none is left without its Redis. */
const lingerSeconds = 30;

/**
 * Starts the system and waits until every service is ready.
 *
 * @throws StartError with what the user can do, after ending whatever had started.
 */
export async function startSystem(options: SystemOptions = {}): Promise<RunningSystem> {
  const system = new System(options);
  try {
    await system.start();
    return system;
  } catch (error) {
    await system.stop({ force: options.signal?.aborted === true });
    throw error;
  }
}

/** Removes a data folder that no Osteon runs on, with what a killed one may have left running. */
export async function removeDataDir(dataDir: string): Promise<void> {
  await endOrphans(join(dataDir, "run"), lingerSeconds * 1000);
  await endRedisOrphan(dataDir);
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
}

class System implements RunningSystem {
  readonly dataDir: string;
  url = "";
  webhookSecret = "";
  redis: RunningRedis | undefined;
  redisUrl = "";
  readonly #options: SystemOptions;
  readonly #env: NodeJS.ProcessEnv;
  readonly #ownRedis: boolean;
  readonly #console: ConsoleLog;
  readonly #redisBackoff = new Backoff();
  #lock: DataDirLock | undefined;
  #supervisor: Supervisor | undefined;
  #stopping = false;

  constructor(options: SystemOptions) {
    this.#options = options;
    const env = { ...process.env, ...options.env };
    this.#ownRedis = options.redisUrl === null || (options.redisUrl === undefined && !namesRedis(env));
    this.#env = this.#ownRedis ? withoutRedis(env) : env;
    this.dataDir = options.dataDir === undefined ? defaultDataDir() : resolve(options.dataDir);
    this.#console = new ConsoleLog({
      verbose: options.verbose ?? false,
      ...(options.write === undefined ? {} : { write: options.write }),
    });
  }

  get services(): readonly SupervisedProcess[] {
    return this.#supervisor?.processes ?? [];
  }

  named(name: ServiceName): SupervisedProcess[] {
    return this.#supervisor?.named(name) ?? [];
  }

  async start(): Promise<void> {
    const { signal } = this.#options;
    const config = this.#config();
    this.#lock = DataDirLock.acquire(this.dataDir);
    const around = {
      logsDir: join(this.dataDir, "logs"),
      runDir: join(this.dataDir, "run"),
      console: this.#console,
    };
    this.#supervisor = new Supervisor(around);
    const orphans = await endOrphans(around.runDir, lingerSeconds * 1000);
    if (orphans > 0)
      this.#console.say("warn", "osteon", `ended ${orphans} processes that a killed Osteon had left`);
    const host = config.HOST;
    const port = await this.#port(config);
    this.webhookSecret = this.#env.WEBHOOK_SECRET || webhookSecret(this.dataDir);
    signal?.throwIfAborted();
    await this.#openRedis(config);
    signal?.throwIfAborted();
    const abort = () => void this.stop({ force: true });
    signal?.addEventListener("abort", abort);
    try {
      await this.#startServices(host, port);
      await this.#supervisor.untilReady(this.#options.startTimeoutMs ?? 180_000);
    } finally {
      signal?.removeEventListener("abort", abort);
    }
    signal?.throwIfAborted();
    this.url = this.named("gateway")[0]?.address ?? `http://${host}:${port}`;
    this.#lock.announce(this.url);
  }

  async stop(options: { force?: boolean } = {}): Promise<void> {
    this.#stopping = true;
    await this.#supervisor?.stop(stopOrder, options);
    await this.redis?.stop();
    this.#lock?.release();
  }

  /** What the services will read, as far as it is known before anything runs: they would find its faults one after the other. */
  #config(): Config {
    const { host, port, redisUrl } = this.#options;
    const { HEALTH_PORT: _, ...env } = this.#env;
    if (host !== undefined) env.HOST = host;
    if (port !== undefined) env.PORT = `${port}`;
    if (typeof redisUrl === "string") env.REDIS_URL = redisUrl;
    try {
      return loadConfig(env, keysBeyondLoopback);
    } catch (error) {
      throw new StartError((error as Error).message, { cause: error });
    }
  }

  async #port({ HOST: host, PORT: given }: Config): Promise<number> {
    // A free one is chosen here and not by the gateway: restarted, it must come back at the same address.
    if (given === 0) return freePort(host);
    if (await isPortFree(given, host)) return given;
    throw new StartError(
      `Port ${given} on ${host} is taken by another program. Choose another, such as PORT=${given + 1}, or PORT=0 for any.`,
    );
  }

  async #openRedis(config: Config): Promise<void> {
    const { say } = this.#options;
    if (!this.#ownRedis) {
      await checkRedis(config);
      this.redisUrl = config.REDIS_URL;
      return;
    }
    const redis = await startRedis({
      dataDir: this.dataDir,
      lingerSeconds,
      ...(say === undefined ? {} : { say }),
    });
    this.redis = redis;
    this.redisUrl = redis.url;
    let up = performance.now();
    let restarting = false;
    redis.onExit = async (asked) => {
      if (asked || restarting || this.#stopping) return;
      restarting = true;
      for (let ran = performance.now() - up; !this.#stopping; ran = 0) {
        const wait = this.#redisBackoff.next(ran);
        this.#console.say(
          "warn",
          "redis",
          `ended unexpectedly, starts again in ${wait} ms (${this.dataDir}/logs/redis.log)`,
        );
        await delay(wait);
        if (this.#stopping) break;
        up = performance.now();
        if (await this.#restarted(redis)) break;
      }
      restarting = false;
    };
  }

  async #restarted(redis: RunningRedis): Promise<boolean> {
    try {
      await redis.restart();
      return true;
    } catch (error) {
      this.#console.say("error", "redis", (error as Error).message);
      return false;
    }
  }

  /** A path that the environment names, relative to where the user stands. */
  #fromUser(name: string): string | undefined {
    const given = this.#env[name];
    return given ? resolve(userCwd(this.#env), given) : undefined;
  }

  async #startServices(host: string, port: number): Promise<void> {
    const folder = this.#options.servicesDir ?? join(repoRoot, "services");
    const { NODE_TEST_CONTEXT: _, HEALTH_PORT: healthPort, ...inherited } = this.#env;
    const env: NodeJS.ProcessEnv = {
      ...inherited,
      DATA_DIR: this.dataDir,
      HOST: host,
      REDIS_URL: this.redisUrl,
      MODELS_DIR: this.#options.modelsDir ?? this.#fromUser("MODELS_DIR") ?? join(repoRoot, "models"),
      OPERATING_POINTS: this.#fromUser("OPERATING_POINTS"),
      WEBHOOK_SECRET: this.webhookSecret,
      WEBHOOK_MASTER_SECRET: this.#env.WEBHOOK_MASTER_SECRET || webhookMasterSecret(this.dataDir),
    };
    for (const name of serviceNames) {
      const count = this.#options.counts?.[name] ?? 1;
      for (let index = 1; index <= count; index += 1) {
        const own: NodeJS.ProcessEnv = {};
        let health: string | undefined;
        if (name === "gateway") {
          const at = index === 1 ? port : await freePort(host);
          own.PORT = String(at);
          health = `http://${host}:${at}`;
        } else if (healthPort !== undefined) {
          own.HEALTH_PORT = String(await freePort(host));
          health = `http://${host}:${own.HEALTH_PORT}`;
        }
        const main = join(folder, name, "dist", "src", "main.js");
        this.#supervisor?.start({
          name,
          index,
          main,
          env: { ...env, ...own },
          ...(health === undefined ? {} : { health }),
        });
      }
    }
  }
}
