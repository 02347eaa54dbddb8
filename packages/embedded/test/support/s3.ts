import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../../src/free-port.js";
import { guard } from "../../src/guard.js";
import { followLines, LastLines } from "../../src/last-lines.js";
import type { EnsureOptions } from "../../src/redis-program.js";
import { StartError } from "../../src/start-error.js";
import { ensureS3Server } from "./go-program.js";

export interface S3Options extends EnsureOptions {
  /** Each folder in it is a bucket. */
  dir: string;
  /** Default: a free one. */
  port?: number;
}

/** A real S3 server. */
export interface RunningS3 {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly pid: number | undefined;
  createBucket(name: string): Promise<void>;
  stop(): Promise<void>;
  /** Sends a signal, by default SIGKILL, and waits for the end. The data stays. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again at the same endpoint with the same keys and data. */
  restart(): Promise<void>;
}

const startTimeoutMs = 30_000;
const stopTimeoutMs = 10_000;

/** Starts VersityGW over a folder and waits until it answers. */
export async function startS3(options: S3Options): Promise<RunningS3> {
  const binary = await ensureS3Server(options);
  mkdirSync(options.dir, { recursive: true });
  for (let tries = 1; ; tries += 1) {
    const server = new OwnS3(binary, options.dir, options.port ?? (await freePort()));
    try {
      await server.start();
      return server;
    } catch (error) {
      if (options.port !== undefined || tries === 3) throw error;
    }
  }
}

class OwnS3 implements RunningS3 {
  readonly endpoint: string;
  readonly region = "us-east-1";
  readonly accessKeyId = `test-${randomBytes(6).toString("hex")}`;
  readonly secretAccessKey = randomBytes(20).toString("hex");
  readonly #binary: string;
  readonly #dir: string;
  readonly #port: number;
  #child: ChildProcess | undefined;
  #exited: Promise<unknown> = Promise.resolve();

  constructor(binary: string, dir: string, port: number) {
    this.#binary = binary;
    this.#dir = dir;
    this.#port = port;
    this.endpoint = `http://127.0.0.1:${port}`;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async createBucket(name: string): Promise<void> {
    await mkdir(join(this.#dir, name), { recursive: true });
  }

  async start(): Promise<void> {
    const args = ["--quiet", "--health", "/healthz", "--port", `127.0.0.1:${this.#port}`, "posix", this.#dir];
    const child = spawn(this.#binary, args, {
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ROOT_ACCESS_KEY: this.accessKeyId, ROOT_SECRET_KEY: this.secretAccessKey },
    });
    this.#child = child;
    const last = new LastLines(8);
    for (const stream of [child.stdout, child.stderr]) followLines(stream, (line) => last.add(line));
    let ended = false;
    this.#exited = Promise.race([once(child, "exit"), once(child, "error")]).then(() => {
      ended = true;
      if (this.#child === child) this.#child = undefined;
    });
    guard(child);
    for (const until = Date.now() + startTimeoutMs; ; ) {
      if (ended || Date.now() > until) {
        await this.kill();
        throw new StartError(`The S3 server does not come up. Its last words:\n${last.text}`);
      }
      const answer = await fetch(`${this.endpoint}/healthz`).catch(() => undefined);
      await answer?.body?.cancel();
      if (answer?.ok === true) return;
      await delay(20);
    }
  }

  /** It may wait for ever for a connection that somebody holds: then it is killed. */
  async stop(): Promise<void> {
    const child = this.#child;
    const last = setTimeout(() => child?.kill("SIGKILL"), stopTimeoutMs);
    await this.kill("SIGTERM");
    clearTimeout(last);
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    this.#child?.kill(signal);
    await this.#exited;
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }
}
