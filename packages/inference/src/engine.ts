import type { NormalisedFilm, Placement } from "@osteon/imaging";
import type { Bundle } from "./bundle.js";
import type { Manifest } from "./manifest.js";

/** One output of a model for one film. */
export interface RawTensor {
  /** Without the batch: [] for one number. */
  readonly dims: readonly number[];
  /** Row by row. */
  readonly data: Float32Array;
}

/** What a model answers for one film, before any interpretation. */
export interface RawOutput {
  /** By the manifest's key (`logits`; `logit` and `heatmap`), not by the name in the ONNX file. */
  readonly outputs: Readonly<Record<string, RawTensor>>;
  /** Where the film lay on the model's canvas. */
  readonly placement: Placement;
  /** Time in the model, tensor included, waiting excluded. */
  readonly ms: number;
}

/** A bundle that is loaded, hot and has answered its warm-up film right. */
export interface Model<M extends Manifest = Manifest> {
  readonly bundle: Bundle<M>;
  /**
   * Runs the model on each film; films run side by side as the engine has room, and wait where it has none.
   *
   * @throws ProblemError `engine-failed` where a film's run failed, died or took too long; trying again may succeed. `engine-unavailable`
   *   where nothing can run at present, which is no fault of the film.
   */
  run(films: readonly NormalisedFilm[]): Promise<RawOutput[]>;
  /** Waits for the model's runs and frees it. */
  dispose(): Promise<void>;
}

export interface EngineDescription {
  readonly name: string;
  /** Version of the runtime. */
  readonly version: string;
  /** Films that run side by side. */
  readonly threads: number;
}

/**
 * The seam between Osteon and an inference runtime. Callers know nothing of the runtime; the runtime never runs on the
 * caller's event loop.
 */
export interface InferenceEngine {
  readonly name: string;
  /** Whether films can run, or will as soon as what was lost has been replaced. */
  readonly ready: boolean;
  /**
   * Loads a bundle everywhere it will run.
   *
   * @throws ProblemError `bundle-damaged` where the runtime cannot read the model, `model-unsupported` where the model is
   *   whole and the runtime cannot run it (an operator that it does not know, which the detail names), `warmup-failed` where it answers the
   *   warm-up film wrong, `engine-failed` where the runtime itself fails, `engine-unavailable` where it does not start.
   */
  load<M extends Manifest>(bundle: Bundle<M>): Promise<Model<M>>;
  describe(): EngineDescription;
  /** Ends every thread or process; what still runs or waits fails with `engine-failed`. */
  dispose(): Promise<void>;
}

export interface EngineOptions {
  /** Films that run side by side, one core each. Default: the cores that this process may use. */
  readonly threads?: number;
  /** Time that one film may run before its thread is given up. Default: 30,000 ms. */
  readonly runTimeoutMs?: number;
  /** Time that a thread has to start and to load each model. Default: 60,000 ms. */
  readonly loadTimeoutMs?: number;
}
