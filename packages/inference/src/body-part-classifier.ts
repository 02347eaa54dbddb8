import type { NormalisedFilm } from "@osteon/imaging";
import { type ModelRef, ProblemError } from "@osteon/shared";
import type { Bundles } from "./bundle.js";
import { type Classification, classify } from "./classify.js";
import { describeModel, type ModelDescription, modelRef } from "./describe.js";
import type { InferenceEngine, Model } from "./engine.js";
import type { BodyPartManifest } from "./manifest.js";

/** A film's body part, the model that said so, and its time in the model (waiting excluded). */
export interface ClassifiedFilm extends Classification {
  readonly model: ModelRef;
  readonly ms: number;
}

/** The body-part model, hot. */
export class BodyPartClassifier {
  readonly #model: Model<BodyPartManifest>;

  private constructor(model: Model<BodyPartManifest>) {
    this.#model = model;
  }

  /**
   * Loads the body-part model into `engine`, which stays the caller's to dispose.
   *
   * @throws ProblemError `model-missing` where there is none; else as `engine.load`.
   */
  static async load(engine: InferenceEngine, { bodyPart }: Bundles): Promise<BodyPartClassifier> {
    if (bodyPart === undefined) throw new ProblemError("model-missing", "There is no body-part model.");
    return new BodyPartClassifier(await engine.load(bodyPart));
  }

  /** @throws ProblemError `engine-failed`; trying again may succeed. */
  async classify(film: NormalisedFilm): Promise<ClassifiedFilm> {
    const [output] = await this.#model.run([film]);
    const logits = output?.outputs.logits;
    if (output === undefined || logits === undefined)
      throw new ProblemError("engine-failed", "The model gave no logits.");
    const { manifest } = this.#model.bundle;
    return { ...classify(logits.data, manifest), model: modelRef(manifest), ms: output.ms };
  }

  describe(): ModelDescription[] {
    return [describeModel(this.#model.bundle.manifest)];
  }

  /** Waits for what runs and frees the model. */
  dispose(): Promise<void> {
    return this.#model.dispose();
  }
}
