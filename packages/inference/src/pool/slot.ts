import { ProblemError } from "@osteon/shared";
import type { RawOutput } from "../engine.js";
import type { Lane, LaneReply, LaneRequest, StartLane } from "./protocol.js";

/** One request with its caller. */
export interface LaneTask {
  readonly request: LaneRequest;
  readonly timeoutMs: number;
  resolve(output: RawOutput | undefined): void;
  reject(error: ProblemError): void;
}

export interface SlotOptions {
  readonly start: StartLane;
  /** Time that a lane has to start, and to load each model of `boot`. */
  readonly startTimeoutMs: number;
  /** What a lane that starts has to do before anything else. */
  boot(): LaneRequest[];
  /** The next shared task, `undefined` where none waits. */
  take(): LaneTask | undefined;
  /** Called with the runtime's version when a lane has started. */
  onReady(version: string): void;
  /** Called when a lane could not start or not load its models. */
  onStartFailed(error: ProblemError): void;
}

const firstBackoffMs = 100;
const longestBackoffMs = 10_000;
/** Starts in a row that may fail before those who wait for this lane are told so. */
const patience = 4;

/**
 * A place for one lane: starts it, gives it one task at a time, ends it when a task takes too long, and replaces it when
 * it dies. Tasks of its own (loading and unloading) go before shared ones (runs), and outlive the lane.
 */
export class Slot {
  readonly #options: SlotOptions;
  readonly #own: LaneTask[] = [];
  #lane: Lane | undefined;
  /** Counts lanes and requests, to know late messages of a lane that was given up. */
  #generation = 0;
  #nextId = 0;
  #ready = false;
  #booting: LaneRequest[] = [];
  #current: { id: number; task: LaneTask | undefined } | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Starts that failed since one last succeeded. */
  #failures = 0;
  #closed = false;

  constructor(options: SlotOptions) {
    this.#options = options;
    this.#start();
  }

  /** How many lanes it has had. */
  get lanes(): number {
    return this.#generation;
  }

  /** Whether the last start failed and the next one has not succeeded. */
  get failing(): boolean {
    return this.#failures > 0;
  }

  /** Queues a task for this slot alone. */
  add(task: LaneTask): void {
    if (this.#closed) {
      task.reject(closed());
      return;
    }
    this.#own.push(task);
    this.next();
  }

  /** Takes up the next task where the lane is free. */
  next(): void {
    if (!this.#ready || this.#current !== undefined) return;
    const boot = this.#booting.shift();
    if (boot !== undefined) {
      this.#post(boot, this.#options.startTimeoutMs, undefined);
      return;
    }
    this.#failures = 0;
    const task = this.#own.shift() ?? this.#options.take();
    if (task !== undefined) this.#post(task.request, task.timeoutMs, task);
  }

  /** Ends the lane; its tasks fail. */
  async close(): Promise<void> {
    this.#closed = true;
    const lane = this.#lane;
    this.#drop("the engine was disposed");
    for (const task of this.#own.splice(0)) task.reject(closed());
    await lane?.end();
  }

  #start(): void {
    if (this.#closed) return;
    const generation = ++this.#generation;
    this.#booting = this.#options.boot();
    this.#arm(this.#options.startTimeoutMs, `not started within ${this.#options.startTimeoutMs} ms`);
    this.#lane = this.#options.start({
      onReply: (reply) => {
        if (generation === this.#generation) this.#receive(reply);
      },
      onEnd: (reason) => {
        if (generation === this.#generation) this.#fail(reason);
      },
    });
  }

  /** `task` is whose request it is, `undefined` while booting. */
  #post(request: LaneRequest, timeoutMs: number, task: LaneTask | undefined): void {
    const id = this.#nextId++;
    this.#current = { id, task };
    this.#arm(timeoutMs, `no answer within ${timeoutMs} ms`);
    this.#lane?.post({ ...request, id });
  }

  #receive(reply: LaneReply): void {
    if (reply.kind === "ready") {
      this.#disarm();
      this.#ready = true;
      this.#options.onReady(reply.version);
      this.next();
      return;
    }
    const current = this.#current;
    if (current?.id !== reply.id) return;
    if (reply.kind === "failed" && current.task === undefined) {
      this.#fail(reply.detail);
      return;
    }
    this.#disarm();
    this.#current = undefined;
    if (reply.kind === "done") current.task?.resolve(reply.output);
    else current.task?.reject(new ProblemError(reply.code, reply.detail));
    this.next();
  }

  /** The lane died or must: its task fails, and another lane takes its place. */
  #fail(reason: string): void {
    const starting = !this.#ready || (this.#current !== undefined && this.#current.task === undefined);
    const lane = this.#lane;
    this.#drop(reason);
    // Its end may take until a native call returns; nobody waits for that.
    void lane?.end().catch(() => {});
    if (!starting) {
      this.#start();
      return;
    }
    const failed = new ProblemError("engine-unavailable", `An inference thread cannot start: ${reason}`);
    this.#options.onStartFailed(failed);
    const backoffMs = Math.min(firstBackoffMs * 2 ** this.#failures++, longestBackoffMs);
    this.#timer = setTimeout(() => this.#start(), backoffMs);
    // Neither a reload nor the end of the process may wait for ever for one lane of several.
    if (this.#failures >= patience) for (const task of this.#own.splice(0)) task.reject(failed);
  }

  #drop(reason: string): void {
    this.#generation++;
    this.#disarm();
    this.#lane = undefined;
    this.#ready = false;
    this.#booting = [];
    const current = this.#current;
    this.#current = undefined;
    current?.task?.reject(new ProblemError("engine-failed", `The inference thread was lost: ${reason}`));
  }

  #arm(ms: number, reason: string): void {
    this.#timer = setTimeout(() => this.#fail(reason), ms);
  }

  #disarm(): void {
    clearTimeout(this.#timer);
  }
}

export function closed(): ProblemError {
  return new ProblemError("engine-failed", "The engine was disposed.");
}
