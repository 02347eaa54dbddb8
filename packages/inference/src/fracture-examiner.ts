import type { Heatmap, NormalisedFilm, Placement } from "@osteon/imaging";
import { type Bone, type Fracture, type ModelRef, ProblemError } from "@osteon/shared";
import type { Bundles } from "./bundle.js";
import { describeModel, type ModelDescription, modelRef } from "./describe.js";
import type { InferenceEngine, Model } from "./engine.js";
import { examine } from "./examine.js";
import type { FractureManifest } from "./manifest.js";

/** A film's finding, the model that said so, and its time in the model (waiting excluded). */
export interface ExaminedFilm {
  readonly fracture: Fracture;
  /** With `placement`, what `heatmapOverlay` of @osteon/imaging draws. */
  readonly heatmap: Heatmap;
  readonly placement: Placement;
  readonly model: ModelRef;
  readonly ms: number;
}

/** Every bone's fracture model, hot. */
export class FractureExaminer {
  readonly #models: ReadonlyMap<Bone, Model<FractureManifest>>;

  private constructor(models: ReadonlyMap<Bone, Model<FractureManifest>>) {
    this.#models = models;
  }

  /**
   * Loads the fracture models into `engine`, which stays the caller's to dispose.
   *
   * @throws ProblemError `model-missing` where there is none; else as `engine.load`.
   */
  static async load(engine: InferenceEngine, { fractures }: Bundles): Promise<FractureExaminer> {
    if (fractures.size === 0) throw new ProblemError("model-missing", "There is no fracture model.");
    const loads = await Promise.allSettled([...fractures.values()].map((bundle) => engine.load(bundle)));
    const models = loads.flatMap((load) => (load.status === "fulfilled" ? [load.value] : []));
    const failure = loads.find((load) => load.status === "rejected");
    if (failure !== undefined) {
      await Promise.all(models.map((model) => model.dispose()));
      throw failure.reason;
    }
    return new FractureExaminer(new Map(models.map((model) => [model.bundle.manifest.bone, model])));
  }

  /** The bones that have a model. */
  get bones(): Bone[] {
    return [...this.#models.keys()];
  }

  /** @throws ProblemError `model-missing` where the bone has no model; `engine-failed`, where trying again may succeed. */
  async examine(bone: Bone, film: NormalisedFilm): Promise<ExaminedFilm> {
    const model = this.#models.get(bone);
    if (model === undefined) {
      throw new ProblemError("model-missing", `There is no fracture model of the ${bone}.`, {
        retryable: false,
      });
    }
    const [output] = await model.run([film]);
    const { logit, heatmap: heat } = output?.outputs ?? {};
    const [, height, width] = heat?.dims ?? [];
    if (output === undefined || !logit || !heat || width === undefined || height === undefined) {
      throw new ProblemError("engine-failed", "The model gave no logit or no heat map.");
    }
    const { placement, ms } = output;
    const { manifest } = model.bundle;
    const heatmap = { width, height, data: heat.data };
    const fracture = examine(logit.data[0] ?? Number.NaN, heatmap, placement, manifest);
    return { fracture, heatmap, placement, model: modelRef(manifest), ms };
  }

  describe(): ModelDescription[] {
    return [...this.#models.values()].map((model) => describeModel(model.bundle.manifest));
  }

  /** Waits for what runs and frees the models. */
  async dispose(): Promise<void> {
    await Promise.all([...this.#models.values()].map((model) => model.dispose()));
  }
}
