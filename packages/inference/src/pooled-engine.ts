import { availableParallelism } from "node:os";
import type { NormalisedFilm } from "@osteon/imaging";
import { ProblemError } from "@osteon/shared";
import type { Bundle } from "./bundle.js";
import type { EngineDescription, EngineOptions, InferenceEngine, Model, RawOutput } from "./engine.js";
import type { Manifest } from "./manifest.js";
import { Pool } from "./pool/pool.js";
import type { StartLane } from "./pool/protocol.js";
import { checkWarmup } from "./warmup.js";

/** An engine that runs its films on a pool of lanes: all that is the runtime's own is in the lanes. */
export class PooledEngine implements InferenceEngine {
  readonly name: string;
  readonly #pool: Pool;
  /** Models of one name get different keys, so that a new version can be loaded beside the old. */
  #loads = 0;

  private constructor(name: string, pool: Pool) {
    this.name = name;
    this.#pool = pool;
  }

  /** @throws ProblemError `engine-unavailable` where no lane starts. */
  static async start(name: string, start: StartLane, options: EngineOptions): Promise<PooledEngine> {
    const { threads = availableParallelism(), runTimeoutMs = 30_000, loadTimeoutMs = 60_000 } = options;
    const pool = new Pool({ start, threads, runTimeoutMs, loadTimeoutMs });
    try {
      await pool.started;
    } catch (error) {
      await pool.close();
      throw error;
    }
    return new PooledEngine(name, pool);
  }

  get ready(): boolean {
    return this.#pool.ready;
  }

  async load<M extends Manifest>(bundle: Bundle<M>): Promise<Model<M>> {
    const { manifest, modelFile, model, warmup } = bundle;
    const key = `${manifest.name}@${manifest.version}#${this.#loads++}`;
    await this.#naming(manifest, this.#pool.load({ kind: "load", key, model, manifest }));
    try {
      const answers = await this.#naming(manifest, this.#pool.warmUp(key, warmup));
      for (const { outputs } of answers) checkWarmup(manifest, modelFile, outputs);
    } catch (error) {
      await this.#pool.unload(key);
      throw error;
    }
    return new PooledModel(bundle, key, this.#pool);
  }

  describe(): EngineDescription {
    return { name: this.name, version: this.#pool.version, threads: this.#pool.threads };
  }

  dispose(): Promise<void> {
    return this.#pool.close();
  }

  /** The same, its errors naming the bundle. */
  async #naming<T>({ name }: Manifest, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      const { code, detail, retryable } = error;
      throw new ProblemError(code, `${name}: ${detail}`, {
        cause: error,
        retryable: code !== "bundle-damaged" && code !== "model-unsupported" && retryable,
      });
    }
  }
}

class PooledModel<M extends Manifest> implements Model<M> {
  readonly bundle: Bundle<M>;
  readonly #key: string;
  readonly #pool: Pool;
  readonly #running = new Set<Promise<RawOutput>>();
  #disposed: Promise<void> | undefined;

  constructor(bundle: Bundle<M>, key: string, pool: Pool) {
    this.bundle = bundle;
    this.#key = key;
    this.#pool = pool;
  }

  // docs/decisions/0003-no-micro-batching.md says why the films do not share one run.
  run(films: readonly NormalisedFilm[]): Promise<RawOutput[]> {
    return Promise.all(films.map((film) => this.#runOne(film)));
  }

  dispose(): Promise<void> {
    this.#disposed ??= Promise.allSettled(this.#running).then(() => this.#pool.unload(this.#key));
    return this.#disposed;
  }

  async #runOne(film: NormalisedFilm): Promise<RawOutput> {
    if (this.#disposed !== undefined) throw new ProblemError("engine-failed", "The model was disposed.");
    const run = this.#pool.run(this.#key, film);
    this.#running.add(run);
    try {
      return await run;
    } finally {
      this.#running.delete(run);
    }
  }
}
