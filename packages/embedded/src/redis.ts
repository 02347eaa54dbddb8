import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Redis } from "@osteon/shared/libraries/redis";
import { freePort, isPortFree } from "./free-port.js";
import { guard } from "./guard.js";
import { rotate, tail } from "./log-file.js";
import { endOrphan, removePidFile, writePidFile } from "./pid-file.js";
import { type EnsureOptions, ensureRedisServer } from "./redis-program.js";
import { redisPassword } from "./secrets.js";
import { StartError } from "./start-error.js";
import { within } from "./within.js";
import { writing } from "./writing.js";

export interface RedisOptions extends EnsureOptions {
  /** Data goes to `redis/` in it, the log to `logs/redis.log`. One Redis per folder. */
  dataDir: string;
  /** Default: a free one. */
  port?: number;
  /** Default true. */
  appendonly?: boolean;
  /** How long it outlives this process when that is killed, for those who still finish what they have. Default 0. */
  lingerSeconds?: number;
}

/** Redis of our own: on loopback, with a password, append-only file, never evicting. */
export interface RunningRedis {
  /** With its password; the same after a restart. */
  readonly url: string;
  readonly port: number;
  /** `undefined` while it does not run. */
  readonly pid: number | undefined;
  /** Called at each end of the process, with whether `stop`, `kill` or `restart` asked for it. */
  onExit: ((asked: boolean) => void) | undefined;
  /** Writes what is in memory and ends. */
  stop(): Promise<void>;
  /** Sends a signal that ends it, by default SIGKILL, and waits for the end. The data stays. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port and data, ending it first if it runs. */
  restart(): Promise<void>;
}

/** Loading a big append-only file takes a while. */
const startTimeoutMs = 120_000;
const stopTimeoutMs = 20_000;
const pidFileName = "redis.pid.json";
const mostLogBytes = 5 * 1024 * 1024;

/**
 * Starts Redis and waits until it answers PING. A Redis that a killed process left on the same folder is ended first.
 *
 * @throws StartError where there is no server, the port is taken, or it does not come up (with its last words).
 */
export async function startRedis(options: RedisOptions): Promise<RunningRedis> {
  const server = await ensureRedisServer(options);
  const dir = resolve(options.dataDir, "redis");
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  await endRedisOrphan(options.dataDir);
  if (options.port !== undefined && !(await isPortFree(options.port))) {
    throw new StartError(`Port ${options.port} on 127.0.0.1, meant for Redis, is taken.`);
  }
  for (let tries = 1; ; tries += 1) {
    const redis = new OwnRedis(server, dir, options, options.port ?? (await freePort()));
    try {
      await redis.start();
      return redis;
    } catch (error) {
      // Between finding the port free and Redis taking it, another process may have come.
      const lostPort = error instanceof StartError && /bind|address already in use/i.test(error.message);
      if (options.port !== undefined || !lostPort || tries === 5) throw error;
    }
  }
}

/** Ends a Redis that a killed process left on the folder. */
export async function endRedisOrphan(dataDir: string): Promise<void> {
  await endOrphan(join(dataDir, "redis", pidFileName), stopTimeoutMs);
}

class OwnRedis implements RunningRedis {
  readonly url: string;
  readonly port: number;
  onExit: ((asked: boolean) => void) | undefined;
  readonly #server: string;
  readonly #dir: string;
  readonly #log: string;
  readonly #options: RedisOptions;
  #child: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #asked = false;

  constructor(server: string, dir: string, options: RedisOptions, port: number) {
    this.#server = server;
    this.#dir = dir;
    this.#log = resolve(options.dataDir, "logs", "redis.log");
    this.#options = options;
    this.port = port;
    this.url = `redis://default:${redisPassword(dir)}@127.0.0.1:${port}`;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async start(): Promise<void> {
    this.#writeConfig();
    mkdirSync(resolve(this.#log, ".."), { recursive: true });
    rotate(this.#log, mostLogBytes);
    const log = openSync(this.#log, "a");
    this.#asked = false;
    // Detached: a Ctrl-C in the terminal must not reach it before the services have drained.
    const child = spawn(this.#server, ["redis.conf"], {
      cwd: this.#dir,
      detached: true,
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    this.#child = child;
    const pidFile = join(this.#dir, pidFileName);
    this.#exited = new Promise((done) => {
      const ended = () => {
        if (this.#child !== child) return;
        this.#child = undefined;
        removePidFile(pidFile);
        done();
        this.onExit?.(this.#asked);
      };
      child.once("exit", ended).once("error", ended);
    });
    if (child.pid !== undefined) writePidFile(pidFile, child.pid);
    guard(child, this.#options.lingerSeconds ?? 0);
    await this.#untilUp();
  }

  async stop(): Promise<void> {
    const last = setTimeout(() => this.#child?.kill("SIGKILL"), stopTimeoutMs);
    await this.kill("SIGTERM");
    clearTimeout(last);
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    this.#asked = true;
    this.#child?.kill(signal);
    await this.#exited;
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async #untilUp(): Promise<void> {
    const client = new Redis(this.url, {
      lazyConnect: true,
      maxRetriesPerRequest: null,
      retryStrategy: () => 20,
    });
    client.on("error", () => undefined);
    const failed = (why: string) =>
      new StartError(
        `Redis ${why}. Its last words:\n${tail(this.#log, 8)}\n` +
          `If its data is damaged, remove ${this.#dir}: accepted films are in the object store, and their jobs are made again.`,
      );
    const ended = this.#exited.then(() => Promise.reject(failed("ended at once")));
    try {
      const up = Promise.race([client.ping(), ended]);
      await within(startTimeoutMs, up, () => failed("does not answer"));
    } catch (error) {
      await this.kill("SIGKILL");
      throw error;
    } finally {
      client.disconnect();
    }
  }

  /** The password goes by a file that only its owner reads: arguments show in every process list. */
  #writeConfig(): void {
    const lines = [
      "bind 127.0.0.1",
      `port ${this.port}`,
      "protected-mode yes",
      `requirepass ${redisPassword(this.#dir)}`,
      "dir .",
      `appendonly ${this.#options.appendonly === false ? "no" : "yes"}`,
      "appendfsync everysec",
      'save ""',
      "maxmemory-policy noeviction",
      "daemonize no",
      "loglevel notice",
    ];
    const path = join(this.#dir, "redis.conf");
    writing(path, () => writeFileSync(path, `${lines.join("\n")}\n`, { mode: 0o600 }));
  }
}
