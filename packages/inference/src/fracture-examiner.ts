import type { Heatmap, NormalisedFilm, Placement } from "@osteon/imaging";
import {
  type Bone,
  type Fracture,
  type ModelRef,
  type ModelReload,
  type OfferedModel,
  ProblemError,
} from "@osteon/shared";
import { type Bundles, workOf } from "./bundle.js";
import type { InferenceEngine, RawTensor } from "./engine.js";
import { examine } from "./examine.js";
import type { FractureManifest } from "./manifest.js";
import { ModelSet } from "./model-set.js";
import type { ModelSource, OperatingPoints } from "./operating-points.js";

/** A film's finding, the model that said so, and its time in the model (waiting excluded). */
export interface ExaminedFilm {
  readonly fracture: Fracture;
  /** With `placement`, what `heatmapOverlay` of @osteon/imaging draws; none of a model that gives none. */
  readonly heatmap: Heatmap | undefined;
  readonly placement: Placement;
  readonly model: ModelRef;
  readonly ms: number;
}

/** Every bone's fracture model, hot. */
export class FractureExaminer {
  readonly #models: ModelSet<FractureManifest>;

  private constructor(models: ModelSet<FractureManifest>) {
    this.#models = models;
  }

  /**
   * Loads the fracture models into `engine`, which stays the caller's to dispose.
   *
   * @throws ProblemError `model-missing` where there is none; else as `ModelSet.load`.
   */
  static async load(
    engine: InferenceEngine,
    { fractures }: Bundles,
    points: OperatingPoints = {},
  ): Promise<FractureExaminer> {
    if (fractures.size === 0) throw new ProblemError("model-missing", "There is no fracture model.");
    const models = new ModelSet<FractureManifest>(engine, "fracture");
    await models.load([...fractures.values()], points);
    return new FractureExaminer(models);
  }

  /** The bones that have a model. */
  get bones(): Bone[] {
    return this.#models.editions.map(({ manifest }) => manifest.bone);
  }

  /** @throws ProblemError `model-missing` where the bone has no model; `engine-failed`, where trying again may succeed. */
  async examine(bone: Bone, film: NormalisedFilm): Promise<ExaminedFilm> {
    const edition = this.#models.get(workOf({ task: "fracture", bone }));
    if (edition === undefined) {
      throw new ProblemError("model-missing", `There is no fracture model of the ${bone}.`, {
        retryable: false,
      });
    }
    const { model, manifest, ref } = edition;
    // Nothing may be awaited before the run: a model that is replaced is freed when the runs that it has are done.
    const [output] = await model.run([film]);
    const logit = output?.outputs.logit;
    const heatmap = heatmapOf(output?.outputs.heatmap);
    if (output === undefined || !logit || (manifest.outputs.heatmap !== undefined && heatmap === undefined)) {
      throw new ProblemError("engine-failed", "The model gave no logit or no heat map.");
    }
    const { placement, ms } = output;
    const fracture = examine(logit.data[0] ?? Number.NaN, heatmap, placement, manifest);
    return { fracture, heatmap, placement, model: ref, ms };
  }

  /** Examines films with one edition of each bone's model, whatever is loaded meanwhile. */
  examineAll(films: readonly { bone: Bone; film: NormalisedFilm }[]): Promise<ExaminedFilm[]> {
    return Promise.all(films.map(({ bone, film }) => this.examine(bone, film)));
  }

  offered(): OfferedModel[] {
    return this.#models.offered();
  }

  /** See `ModelSet.reload`. */
  reload(source: ModelSource): Promise<ModelReload[]> {
    return this.#models.reload(source);
  }

  /** Waits for what runs and frees the models. */
  dispose(): Promise<void> {
    return this.#models.dispose();
  }
}

function heatmapOf(tensor: RawTensor | undefined): Heatmap | undefined {
  const [, height, width] = tensor?.dims ?? [];
  return tensor === undefined || width === undefined || height === undefined
    ? undefined
    : { width, height, data: tensor.data };
}
