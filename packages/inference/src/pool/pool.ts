import type { NormalisedFilm } from "@osteon/imaging";
import type { ProblemError } from "@osteon/shared";
import type { RawOutput } from "../engine.js";
import type { LaneRequest, StartLane } from "./protocol.js";
import { closed, type LaneTask, Slot } from "./slot.js";

export interface PoolOptions {
  readonly start: StartLane;
  readonly threads: number;
  readonly runTimeoutMs: number;
  readonly loadTimeoutMs: number;
}

type LoadRequest = Extract<LaneRequest, { kind: "load" }>;

/**
 * A fixed number of lanes with one queue of films before them. A film waits in the queue as a reference and is copied
 * only when a lane takes it, so overload costs time, not copies. Every lane has every model loaded.
 */
export class Pool {
  readonly #options: PoolOptions;
  readonly #slots: Slot[];
  readonly #queue: LaneTask[] = [];
  /** Loaded on every lane: what a new lane has to load. */
  readonly #loaded = new Map<string, LoadRequest>();
  #closed = false;
  #version = "";
  #started: { resolve(): void; reject(error: ProblemError): void } | undefined;
  /** Settles when the first lane has started or could not. */
  readonly started: Promise<void>;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.started = new Promise((resolve, reject) => {
      this.#started = { resolve, reject };
    });
    this.#slots = Array.from({ length: options.threads }, () => this.#slot());
  }

  get threads(): number {
    return this.#slots.length;
  }

  /** False where no lane starts: then films are refused until one does. */
  get ready(): boolean {
    return this.#slots.some((slot) => !slot.failing);
  }

  /** Of the runtime. */
  get version(): string {
    return this.#version;
  }

  /** Loads a model on every lane; none keeps it where one cannot. */
  async load(request: LoadRequest): Promise<void> {
    const lanes = this.#slots.map((slot) => ({ slot, before: slot.lanes }));
    await this.#loadOn(this.#slots, request);
    this.#loaded.set(request.key, request);
    // A lane that had it and ended while others still loaded was replaced by one that knew nothing of it.
    const replaced = lanes.filter(({ slot, before }) => slot.lanes !== before);
    await this.#loadOn(
      replaced.map(({ slot }) => slot),
      request,
    );
  }

  async #loadOn(slots: readonly Slot[], request: LoadRequest): Promise<void> {
    const { loadTimeoutMs } = this.#options;
    const results = await Promise.allSettled(this.#on(slots, request, loadTimeoutMs));
    const failure = results.find((result) => result.status === "rejected");
    if (failure === undefined) return;
    await this.unload(request.key);
    throw failure.reason;
  }

  async unload(key: string): Promise<void> {
    this.#loaded.delete(key);
    await Promise.allSettled(this.#everywhere({ kind: "unload", key }, this.#options.loadTimeoutMs));
  }

  /** Runs a film on whichever lane is free first. */
  run(key: string, film: NormalisedFilm): Promise<RawOutput> {
    return this.#submit({ kind: "run", key, film }, this.#options.runTimeoutMs, (task) => {
      this.#queue.push(task);
      for (const slot of this.#slots) slot.next();
    });
  }

  /** Runs a film on every lane, before the films that wait. */
  warmUp(key: string, film: NormalisedFilm): Promise<RawOutput[]> {
    return Promise.all(this.#everywhere({ kind: "warm-up", key, film }, this.#options.runTimeoutMs));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#refuse(closed());
    await Promise.all(this.#slots.map((slot) => slot.close()));
  }

  #slot(): Slot {
    return new Slot({
      start: this.#options.start,
      startTimeoutMs: this.#options.loadTimeoutMs,
      boot: () => [...this.#loaded.values()],
      take: () => this.#queue.shift(),
      onReady: (version) => {
        this.#version = version;
        this.#started?.resolve();
      },
      onStartFailed: (error) => {
        this.#started?.reject(error);
        // Films wait for a lane that is replaced, but not for an engine that does not start at all.
        if (!this.ready) this.#refuse(error);
      },
    });
  }

  #refuse(error: ProblemError): void {
    for (const task of this.#queue.splice(0)) task.reject(error);
  }

  #everywhere(request: LaneRequest, timeoutMs: number): Promise<RawOutput>[] {
    return this.#on(this.#slots, request, timeoutMs);
  }

  #on(slots: readonly Slot[], request: LaneRequest, timeoutMs: number): Promise<RawOutput>[] {
    return slots.map((slot) => this.#submit(request, timeoutMs, (task) => slot.add(task)));
  }

  #submit(request: LaneRequest, timeoutMs: number, enqueue: (task: LaneTask) => void): Promise<RawOutput> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(closed());
      enqueue({ request, timeoutMs, resolve: (output) => resolve(output as RawOutput), reject });
    });
  }
}
