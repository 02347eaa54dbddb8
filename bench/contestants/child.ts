import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { signalTree, usageOf } from "../measure/process-tree.js";

const graceMs = 15_000;

/** A process of the bench, with all that it starts. */
export class BenchChild {
  readonly #child: ChildProcess;
  readonly #words: string[] = [];

  constructor(
    command: string,
    args: readonly string[],
    { answers = false, ...options }: { env?: NodeJS.ProcessEnv; cwd?: string; answers?: boolean } = {},
  ) {
    // A group of its own, so that what it leaves behind is found.
    this.#child = spawn(command, args, {
      ...options,
      detached: true,
      // A server that logs there would come to a stop at a pipe that nobody empties.
      stdio: ["pipe", answers ? "pipe" : "ignore", "pipe"],
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#words.push(...text.split("\n").filter((line) => line !== ""));
      this.#words.splice(0, this.#words.length - 20);
    });
    this.#child.on("error", (error) => this.#words.push(error.message));
    this.#child.stdin?.on("error", () => undefined);
    process.once("exit", () => this.#sweep());
  }

  get stdin(): NodeJS.WritableStream | null {
    return this.#child.stdin;
  }

  /** Its standard output, where it `answers` on it. */
  get stdout(): NodeJS.ReadableStream | null {
    return this.#child.stdout;
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** What it last said on standard error. */
  get lastWords(): string {
    return this.#words.join("\n");
  }

  usage(): { cpuMs: number; residentMegabytes: number } {
    return usageOf(this.#child.pid === undefined ? [] : [this.#child.pid]);
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#child.pid !== undefined && !this.ended) signalTree(this.#child.pid, signal);
  }

  /** Ends it: asked first, then not. */
  async stop(): Promise<void> {
    if (this.ended) return this.#sweep();
    const gone = once(this.#child, "exit");
    this.signal("SIGCONT");
    const last = setTimeout(() => this.signal("SIGKILL"), graceMs);
    this.#child.kill("SIGTERM");
    await gone;
    clearTimeout(last);
    this.#sweep();
  }

  /** Ends what is left of its group: it would hold our ends of its pipes, and the bench with them. */
  #sweep(): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, "SIGKILL");
    } catch {
      // Nothing is left.
    }
  }
}
