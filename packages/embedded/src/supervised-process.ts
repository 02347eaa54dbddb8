import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { badConfiguration } from "@osteon/shared/command-line";
import { Backoff, type BackoffOptions } from "./backoff.js";
import type { ConsoleLog } from "./console-log.js";
import { followLines, LastLines } from "./last-lines.js";
import { LogFile } from "./log-file.js";
import { repoRoot } from "./paths.js";
import { removePidFile, writePidFile } from "./pid-file.js";
import { StartError } from "./start-error.js";

/** What to run: `node <main>` with an IPC channel, over which it says `{type: "ready", address?}`. */
export interface ProcessSpec {
  /** Name of the service, such as `gateway`. */
  name: string;
  /** Counts the processes of one service, from 1. */
  index: number;
  main: string;
  env: NodeJS.ProcessEnv;
  /** Address of its /livez, /readyz and /metrics, where it has one. */
  health?: string;
}

export interface ProcessSurroundings {
  /** Folder that gets `<name>-<index>.log`. */
  logsDir: string;
  /** Folder of the pid files, by which a later start finds what a killed one left. */
  runDir: string;
  console: ConsoleLog;
  backoff?: BackoffOptions;
  /** Time from SIGTERM to SIGKILL, ms. Default 27,000: a service ends itself after 25 s and says so. */
  graceMs?: number;
}

export interface ProcessExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** What it last wrote on standard error. */
  lastWords: string;
  /** Milliseconds until it is started again; absent where it is not. */
  restartInMs?: number;
}

interface Events {
  ready: [];
  exit: [ProcessExit];
  /** It stays down from here on, though its process may still be ending, or wait to be started again. */
  stopped: [];
}

/** Deaths before it was ever ready after which it is given up. */
const mostFailedStarts = 3;

/** One process of a service: started, watched, restarted with growing waits, drained. Emits `ready`, `exit` and `stopped`. */
export class SupervisedProcess extends EventEmitter<Events> {
  readonly name: string;
  readonly index: number;
  /** Name and index, as in the logs: `gateway-1`. */
  readonly label: string;
  readonly logFile: string;
  /** Address of its /livez, /readyz and /metrics, where it has one. */
  readonly health: string | undefined;
  /** How often it was started again. */
  restarts = 0;
  readonly #spec: ProcessSpec;
  readonly #around: ProcessSurroundings;
  readonly #log: LogFile;
  readonly #lastWords = new LastLines(12);
  readonly #backoff: Backoff;
  #child: ChildProcess | undefined;
  #address: string | undefined;
  #ready = false;
  #everReady = false;
  #failedStarts = 0;
  #stopping = false;
  #failure: StartError | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(spec: ProcessSpec, around: ProcessSurroundings) {
    super();
    this.setMaxListeners(0);
    this.name = spec.name;
    this.index = spec.index;
    this.label = `${spec.name}-${spec.index}`;
    this.health = spec.health;
    this.#spec = spec;
    this.#around = around;
    this.#log = new LogFile(join(around.logsDir, `${this.label}.log`));
    this.logFile = this.#log.path;
    this.#backoff = new Backoff(around.backoff);
  }

  /** `undefined` while it does not run. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Where it listens, if it said so. */
  get address(): string | undefined {
    return this.#address;
  }

  get ready(): boolean {
    return this.#ready;
  }

  start(): void {
    const { main, env } = this.#spec;
    this.#lastWords.clear();
    const began = performance.now();
    // Detached: a Ctrl-C in the terminal goes to the process group, and this one is drained by our word, in its order.
    // When we are killed, the IPC channel closes and it ends itself.
    const child = spawn(process.execPath, [main], {
      cwd: repoRoot,
      env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    this.#child = child;
    this.#notePid(child.pid);
    followLines(child.stdout, (line) => this.#logged(line));
    followLines(child.stderr, (line) => {
      this.#lastWords.add(line);
      this.#logged(line);
    });
    child.on("message", (message: unknown) => this.#told(message));
    child.once("error", (error) => this.#lastWords.add(error.message));
    void this.#untilEnd(child, began);
  }

  /** Resolves once it is ready. @throws StartError when it was given up or stopped before. */
  async untilReady(): Promise<void> {
    while (!this.#ready) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#stopping) throw new StartError(`${this.label} was stopped before it was ready`);
      await Promise.race([this.#next("ready"), this.#next("exit"), this.#next("stopped")]);
    }
  }

  /** Sends a signal, by default SIGKILL, and waits for the end; what follows is as for any death. */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    if (this.#child === undefined) return;
    const gone = this.#next("exit");
    this.#child.kill(signal);
    await gone;
  }

  /** Lets it finish what it has in hand (SIGTERM); after the grace, or with `force`, SIGKILL. It stays down. */
  async stop(options: { force?: boolean } = {}): Promise<void> {
    const first = !this.#stopping;
    this.#stopping = true;
    // One that waits for its restart has no process whose end would tell.
    this.emit("stopped");
    clearTimeout(this.#timer);
    const child = this.#child;
    if (child !== undefined) {
      const gone = this.#next("exit");
      child.kill(options.force === true ? "SIGKILL" : "SIGTERM");
      const last = setTimeout(() => {
        this.#around.console.say("warn", this.label, "did not end within its grace: killed");
        child.kill("SIGKILL");
      }, this.#around.graceMs ?? 27_000);
      await gone;
      clearTimeout(last);
    }
    if (first) await this.#log.close();
  }

  get #pidFile(): string {
    return join(this.#around.runDir, `${this.label}.pid.json`);
  }

  /** A disk that takes no file must not end the system: only a later start, after a kill, would miss it. */
  #notePid(pid: number | undefined): void {
    try {
      if (pid === undefined) removePidFile(this.#pidFile);
      else writePidFile(this.#pidFile, pid);
    } catch (error) {
      this.#around.console.say("warn", this.label, `its pid file: ${(error as Error).message}`);
    }
  }

  #next(event: keyof Events): Promise<unknown> {
    return once(this, event);
  }

  #told(message: unknown): void {
    const { type, address } = (message ?? {}) as { type?: unknown; address?: unknown };
    if (type !== "ready") return;
    if (typeof address === "string") this.#address = address;
    this.#ready = true;
    this.#everReady = true;
    this.emit("ready");
  }

  #logged(line: string): void {
    this.#log.write(line);
    this.#around.console.relay(this.label, line);
  }

  async #untilEnd(child: ChildProcess, began: number): Promise<void> {
    const closed = once(child, "close").catch(() => undefined);
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((ended) => {
      child.once("exit", (...how) => ended(how));
      child.once("error", () => {
        if (child.pid === undefined) ended([null, null]);
      });
    });
    // Its last words may still be on the way; a grandchild that holds the pipe must not keep us waiting.
    const enough = new AbortController();
    await Promise.race([closed, delay(1_000, undefined, { signal: enough.signal }).catch(() => undefined)]);
    enough.abort();
    this.#child = undefined;
    this.#ready = false;
    this.#notePid(undefined);
    const exit: ProcessExit = { code, signal, lastWords: this.#lastWords.text };
    if (!this.#stopping) this.#plan(exit, performance.now() - began);
    this.emit("exit", exit);
  }

  /** Decides what follows an unexpected end, and says why it ended. */
  #plan(exit: ProcessExit, ranMs: number): void {
    const why = exit.signal === null ? `exit code ${exit.code ?? "unknown"}` : `signal ${exit.signal}`;
    const words = exit.lastWords === "" ? "" : `\n${exit.lastWords}`;
    if (!this.#everReady) this.#failedStarts += 1;
    if (!this.#everReady && (exit.code === badConfiguration || this.#failedStarts >= mostFailedStarts)) {
      this.#failure = new StartError(`${this.label} does not start (${why}; log: ${this.logFile})${words}`);
      return;
    }
    const wait = this.#backoff.next(ranMs);
    exit.restartInMs = wait;
    const message = `ended unexpectedly (${why}), starts again in ${wait} ms${words}`;
    this.#log.write(`${this.label} ${message}`);
    this.#around.console.say("warn", this.label, message);
    this.#timer = setTimeout(() => {
      this.restarts += 1;
      this.start();
    }, wait);
  }
}
