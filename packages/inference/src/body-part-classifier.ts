import type { NormalisedFilm } from "@osteon/imaging";
import { type Bone, type ModelRef, type ModelReload, type OfferedModel, ProblemError } from "@osteon/shared";
import { type Bundles, workOf } from "./bundle.js";
import { type Classification, classify } from "./classify.js";
import type { InferenceEngine } from "./engine.js";
import { examinedBones, unexaminedBones } from "./examined-bones.js";
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
  readonly #examined: Set<Bone>;

  private constructor(models: ModelSet<BodyPartManifest>, examined: readonly Bone[]) {
    this.#models = models;
    this.#examined = new Set(examined);
  }

  /**
   * Loads the body-part model into `engine`, which stays the caller's to dispose.
   *
   * @param examined bones that have a fracture model: a film of another ends as `unsupported-region`. None: not known.
   * @throws ProblemError `model-missing` where there is none; else as `ModelSet.load`.
   */
  static async load(
    engine: InferenceEngine,
    { bodyPart }: Bundles,
    points: OperatingPoints = {},
    examined: readonly Bone[] = [],
  ): Promise<BodyPartClassifier> {
    if (bodyPart === undefined)
      throw new ProblemError(
        "model-missing",
        "There is no body-part model: MODELS_DIR must hold all bundles.",
      );
    const models = new ModelSet<BodyPartManifest>(engine, "bodypart");
    await models.load([bodyPart], points);
    return new BodyPartClassifier(models, examined);
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
    const { bodyPart, outcome } = classify(logits.data, edition.manifest, hint);
    const unsupported = outcome === "analysed" && this.unexamined.some((bone) => bone === bodyPart.label);
    return {
      bodyPart,
      outcome: unsupported ? "unsupported-region" : outcome,
      model: edition.ref,
      ms: output.ms,
    };
  }

  /** Classifies films with one edition of the model, whatever is loaded meanwhile. */
  classifyAll(films: readonly NormalisedFilm[], hint?: string): Promise<ClassifiedFilm[]> {
    return Promise.all(films.map((film) => this.classify(film, hint)));
  }

  /** The bones that the model tells and that have no fracture model, as far as is known. */
  get unexamined(): Bone[] {
    const manifest = this.#models.get(workOf({ task: "bodypart" }))?.manifest;
    // A folder without any is that of body-part workers alone.
    return manifest === undefined || this.#examined.size === 0
      ? []
      : unexaminedBones(manifest, this.#examined);
  }

  offered(): OfferedModel[] {
    return this.#models.offered();
  }

  /** See `ModelSet.reload`. A bone whose bundle is gone stays examined: fracture workers keep its model, too. */
  async reload(source: ModelSource): Promise<ModelReload[]> {
    const reloads = await this.#models.reload(source);
    for (const bone of await examinedBones(source.folder).catch(() => [])) this.#examined.add(bone);
    return reloads;
  }

  /** Waits for what runs and frees the model. */
  dispose(): Promise<void> {
    return this.#models.dispose();
  }
}
