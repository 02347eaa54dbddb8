import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type ModelRef, type ModelReload, type OfferedModel, ProblemError, toProblem } from "@osteon/shared";
import { type Bundle, type FoundBundle, loadBundle, surveyBundles, workOf } from "./bundle.js";
import { describeModel, modelRef } from "./describe.js";
import type { InferenceEngine, Model } from "./engine.js";
import { collectHeap } from "./heap-growth.js";
import type { Manifest } from "./manifest.js";
import {
  type ModelSource,
  type OperatingPoints,
  operatingPointsFor,
  withOperatingPoints,
} from "./operating-points.js";

/** A loaded model with the operating points in force. */
export interface Edition<M extends Manifest> {
  readonly model: Model<M>;
  readonly manifest: M;
  readonly ref: ModelRef;
  readonly card: string | undefined;
}

/**
 * Models of one task, hot, by what they do. Each may be replaced at any moment: a run that has begun ends with the model it
 * began with, which is freed after it.
 */
export class ModelSet<M extends Manifest> {
  readonly #engine: InferenceEngine;
  readonly #task: M["task"];
  readonly #editions = new Map<string, Edition<M>>();

  constructor(engine: InferenceEngine, task: M["task"]) {
    this.#engine = engine;
    this.#task = task;
  }

  /**
   * Loads the bundles; none stays where one cannot.
   *
   * @throws ProblemError `config-invalid` for operating points that do not fit the bundles; else as `engine.load`
   */
  async load(bundles: readonly Bundle<M>[], points: OperatingPoints): Promise<void> {
    const manifests = withOperatingPoints(
      bundles.map(({ manifest }) => manifest),
      points,
    );
    const loads = await Promise.allSettled(bundles.map((bundle) => this.#engine.load(bundle)));
    const models = loads.flatMap((load) => (load.status === "fulfilled" ? [load.value] : []));
    const failure = loads.find((load) => load.status === "rejected");
    if (failure !== undefined) {
      await Promise.all(models.map((model) => model.dispose()));
      throw failure.reason;
    }
    models.forEach((model, at) => {
      this.#put(model, model.bundle, manifests[at] ?? model.bundle.manifest);
    });
  }

  /** @param work see `workOf` */
  get(work: string): Edition<M> | undefined {
    return this.#editions.get(work);
  }

  get editions(): Edition<M>[] {
    return [...this.#editions.values()];
  }

  offered(): OfferedModel[] {
    return this.editions.map(({ model, manifest, card }) => ({
      // The model's bundle is as it was first loaded: its card may have come or gone since.
      model: describeModel({ ...model.bundle, card }, manifest, this.#engine.name),
      card,
    }));
  }

  /**
   * Loads what has changed, one model after the other, so that no more than one is in memory twice. A bundle that is damaged,
   * answers its warm-up film wrong or is gone is refused, and the model that serves goes on; operating points that are wrong,
   * for a bundle of whatever task, refuse everything. Never rejects.
   */
  async reload(source: ModelSource): Promise<ModelReload[]> {
    try {
      const all = await surveyBundles(source.folder);
      const points = await operatingPointsFor(source, all);
      // A manifest that cannot be read may be of any task.
      const found = all.filter(({ manifest }) => manifest === undefined || manifest.task === this.#task);
      const results: ModelReload[] = [];
      for (const each of found) {
        const result = await this.#replace(each, source, points);
        results.push(result);
        // A replaced model's bytes have grown old with it.
        if (result.outcome === "loaded") collectHeap();
      }
      // What serves and was not told: its bundle is not there, or does other work by now.
      const gone = this.editions.filter(({ ref }) => !results.some(({ model }) => model === ref));
      return [...results, ...gone.map(({ ref, manifest }) => refused(ref.name, ref, goneFrom(manifest)))];
    } catch (error) {
      const problem = toProblem(error);
      return this.editions.map(({ ref }) => refused(ref.name, ref, problem));
    }
  }

  /** Waits for what runs and frees the models. */
  async dispose(): Promise<void> {
    await Promise.all(this.editions.map(({ model }) => model.dispose()));
  }

  #mine(bundle: Bundle): bundle is Bundle<M> {
    return bundle.manifest.task === this.#task;
  }

  async #replace(found: FoundBundle, source: ModelSource, points: OperatingPoints): Promise<ModelReload> {
    const { name } = found;
    try {
      if (found.problem !== undefined) throw found.problem;
      const bundle = await loadBundle(join(source.folder, name), source.precision);
      if (!this.#mine(bundle)) throw new ProblemError("bundle-damaged", `${name} has changed meanwhile.`);
      const [manifest = bundle.manifest] = withOperatingPoints([bundle.manifest], points);
      const old = this.#editions.get(workOf(manifest));
      const same = old?.model.bundle.manifestDigest === bundle.manifestDigest;
      const { ref } = this.#put(same ? old.model : await this.#engine.load(bundle), bundle, manifest);
      if (old !== undefined && !same) await old.model.dispose();
      const unchanged = same && isDeepStrictEqual(ref, old.ref);
      return { name, outcome: unchanged ? "unchanged" : "loaded", model: ref };
    } catch (error) {
      const serving = this.editions.find(({ ref }) => ref.name === name)?.ref;
      return refused(name, serving, toProblem(error));
    }
  }

  /** @param bundle the model's, or the same read later: its card may have changed */
  #put(model: Model<M>, bundle: Bundle<M>, manifest: M): Edition<M> {
    const edition = { model, manifest, ref: modelRef(bundle, manifest), card: bundle.card };
    this.#editions.set(workOf(manifest), edition);
    return edition;
  }
}

function goneFrom(manifest: Manifest): ProblemError {
  return new ProblemError(
    "model-missing",
    `No bundle ${manifest.name} is there any more for: ${workOf(manifest)}`,
  );
}

/** @param serving the edition that goes on */
function refused(
  name: string,
  serving: ModelRef | undefined,
  { code, title, detail }: ProblemError,
): ModelReload {
  return {
    name,
    outcome: "refused",
    ...(serving === undefined ? {} : { model: serving }),
    problem: { code, title, detail },
  };
}
