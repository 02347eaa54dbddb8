import type { NormalisedFilm } from "@osteon/imaging";
import { type ModelRef, type ModelReload, type OfferedModel, ProblemError } from "@osteon/shared";
import { type Bundles, workOf } from "./bundle.js";
import { type Classification, classify } from "./classify.js";
import type { InferenceEngine } from "./engine.js";
import type { BodyPartManifest } from "./manifest.js";
import { ModelSet } from "./model-set.js";
import type { ModelSource, OperatingPoints } from "./operating-points.js";

/** A film's body part, the model that said so, and its time in the model (waiting excluded). */
export interface ClassifiedFilm extends Classification {
  readonly model: ModelRef;
  readonly ms: number;
}

/** The body-part model, hot. */
export class BodyPartClassifier {
  readonly #models: ModelSet<BodyPartManifest>;

  private constructor(models: ModelSet<BodyPartManifest>) {
    this.#models = models;
  }

  /**
   * Loads the body-part model into `engine`, which stays the caller's to dispose.
   *
   * @throws ProblemError `model-missing` where there is none; else as `ModelSet.load`.
   */
  static async load(
    engine: InferenceEngine,
    { bodyPart }: Bundles,
    points: OperatingPoints = {},
  ): Promise<BodyPartClassifier> {
    if (bodyPart === undefined) throw new ProblemError("model-missing", "There is no body-part model.");
    const models = new ModelSet<BodyPartManifest>(engine, "bodypart");
    await models.load([bodyPart], points);
    return new BodyPartClassifier(models);
  }

  /**
   * @param hint what the sender takes the film for, see `classify`
   * @throws ProblemError `engine-failed`; trying again may succeed.
   */
  async classify(film: NormalisedFilm, hint?: string): Promise<ClassifiedFilm> {
    const edition = this.#models.get(workOf({ task: "bodypart" }));
    // Nothing may be awaited before the run: a model that is replaced is freed when the runs that it has are done.
    const [output] = (await edition?.model.run([film])) ?? [];
    const logits = output?.outputs.logits;
    if (edition === undefined || output === undefined || logits === undefined)
      throw new ProblemError("engine-failed", "The model gave no logits.");
    return { ...classify(logits.data, edition.manifest, hint), model: edition.ref, ms: output.ms };
  }

  /** Classifies films with one edition of the model, whatever is loaded meanwhile. */
  classifyAll(films: readonly NormalisedFilm[], hint?: string): Promise<ClassifiedFilm[]> {
    return Promise.all(films.map((film) => this.classify(film, hint)));
  }

  offered(): OfferedModel[] {
    return this.#models.offered();
  }

  /** See `ModelSet.reload`. */
  reload(source: ModelSource): Promise<ModelReload[]> {
    return this.#models.reload(source);
  }

  /** Waits for what runs and frees the model. */
  dispose(): Promise<void> {
    return this.#models.dispose();
  }
}
