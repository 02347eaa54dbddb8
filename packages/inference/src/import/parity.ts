import { writeFile } from "node:fs/promises";
import path from "node:path";
import { encodeFilm, type NormalisedFilm } from "@osteon/imaging";
import { BodyPartClassifier } from "../body-part-classifier.js";
import { type Bundle, isBodyPart, isFracture } from "../bundle.js";
import type { InferenceEngine } from "../engine.js";
import { FractureExaminer } from "../fracture-examiner.js";
import { ImportError } from "./import-error.js";
import type { Fitting } from "./preprocessing.js";
import { toOnnx } from "./python.js";

/** Furthest that a probability may be from the origin's. */
export const usualTolerance = 1e-4;
/** The same for a model of float16, whose steps below 1 are of 5e-4. */
export const toleranceOfHalves = 1e-3;

/** The file that a bundle was made of, and what answers for it. */
export interface Origin {
  readonly source: readonly ["--keras" | "--onnx", string];
  readonly runner: "Keras" | "ONNX Runtime";
}

/**
 * Compares what a bundle answers, by the packages that serve, with what Keras, or ONNX Runtime of the file as it came, answers
 * to pictures that were prepared by other functions, film by film.
 *
 * @param classes in the order of the original model's outputs
 * @returns the greatest distance of two probabilities
 * @throws ImportError where it is beyond the tolerance
 */
export async function proveParity(
  engine: InferenceEngine,
  bundle: Bundle,
  films: readonly NormalisedFilm[],
  {
    origin: { source, runner },
    classes,
    fitting,
    endsIn,
    tolerance,
    folder,
    say,
    signal,
  }: {
    readonly origin: Origin;
    readonly classes: readonly string[];
    readonly fitting: Fitting;
    readonly endsIn: "probabilities" | "logits";
    /** Furthest that a probability may be from the origin's. */
    readonly tolerance: number;
    /** An empty folder for the films. */
    readonly folder: string;
    readonly say: (line: string) => void;
    readonly signal: AbortSignal;
  },
): Promise<number> {
  const nameOf = (at: number) => `${String(at).padStart(4, "0")}.png`;
  for (const [at, film] of films.entries()) await writeFile(path.join(folder, nameOf(at)), encodeFilm(film));
  const { preprocessing, interpolation, fit } = fitting;
  const how = ["--preprocessing", preprocessing, "--interpolation", interpolation, "--fit", fit];
  const answers = await toOnnx<Record<string, number[]>>(
    ["answer", ...source, "--films", folder, ...how, "--ends-in", endsIn],
    { say, signal },
  );
  const read = await readerOf(engine, bundle);
  let furthest = 0;
  for (const [at, film] of films.entries()) {
    signal.throwIfAborted();
    const expected = byClass(answers[nameOf(at)] ?? [], classes);
    for (const [name, probability] of Object.entries(await read(film))) {
      const distance = Math.abs(probability - (expected[name] ?? Number.NaN));
      if (!(distance <= tolerance))
        throw new ImportError(
          `On film ${at}, the probability of ${name} is ${probability} here and ${expected[name]} in ${runner}.`,
        );
      furthest = Math.max(furthest, distance);
    }
  }
  return furthest;
}

/** One number is the probability of the second class. */
function byClass(answer: readonly number[], classes: readonly string[]): Record<string, number> {
  const [only = Number.NaN] = answer;
  const each = answer.length === 1 ? [1 - only, only] : answer;
  return Object.fromEntries(classes.map((name, at) => [name, each[at] ?? Number.NaN]));
}

async function readerOf(
  engine: InferenceEngine,
  bundle: Bundle,
): Promise<(film: NormalisedFilm) => Promise<Record<string, number>>> {
  if (isBodyPart(bundle)) {
    const classifier = await BodyPartClassifier.load(engine, { bodyPart: bundle, fractures: new Map() });
    return async (film) => (await classifier.classify(film)).bodyPart.probabilities;
  }
  if (!isFracture(bundle)) throw new ImportError("The bundle is of no task.");
  const { bone } = bundle.manifest;
  const examiner = await FractureExaminer.load(engine, { fractures: new Map([[bone, bundle]]) });
  return async (film) => ({ fractured: (await examiner.examine(bone, film)).fracture.probability });
}
