import { readFile } from "node:fs/promises";
import { type NormalisedFilm, normalise } from "@osteon/imaging";
import { type Bone, ProblemError } from "@osteon/shared";
import { BodyPartClassifier } from "../body-part-classifier.js";
import type { Bundles } from "../bundle.js";
import type { InferenceEngine } from "../engine.js";
import { FractureExaminer } from "../fracture-examiner.js";
import type { LabelledFilm } from "./films.js";
import { type Answer, auroc, calibrationError, operatingPoint } from "./metrics.js";

/** A metric as measured here, and as the bundle's manifest says it; the latter absent where it says nothing. */
export interface Measured {
  readonly model: string;
  readonly metric: string;
  readonly films: number;
  readonly measured: number;
  readonly manifest?: number;
}

const originParts = ["elbow", "hand", "shoulder"];

/**
 * Measures the bundles that are there through the path that serves: files to normalised films to the engine. The body-part model
 * is measured on films of the bones that it tells, each fracture model on films of its bone, whatever the former says of them.
 *
 * @throws ProblemError `validation-failed` where no film is of a region that a bundle is for
 */
export async function evaluate(
  engine: InferenceEngine,
  bundles: Bundles,
  films: readonly LabelledFilm[],
): Promise<Measured[]> {
  const { bodyPart, fractures } = bundles;
  const told = new Set<string>(bodyPart?.manifest.decision.supported);
  const examined = new Set<string>(fractures.keys());
  const known = films.filter(({ region }) => told.has(region) || examined.has(region));
  if (known.length === 0) throw noFilms([...new Set([...told, ...examined])], films);
  const classifier = bodyPart && (await BodyPartClassifier.load(engine, bundles));
  const examiner = fractures.size === 0 ? undefined : await FractureExaminer.load(engine, bundles);
  const parts: { region: string; right: boolean }[] = [];
  const answers = new Map<string, Answer[]>();
  let next = 0;
  const loop = async () => {
    for (let film = known[next++]; film !== undefined; film = known[next++]) {
      const { region, fractured } = film;
      const picture = await readPicture(film.file);
      if (classifier !== undefined && told.has(region)) {
        const { bodyPart: part, outcome } = await classifier.classify(picture);
        parts.push({ region, right: outcome === "analysed" && part.label === region });
      }
      if (examiner !== undefined && examined.has(region)) {
        const { fracture } = await examiner.examine(region as Bone, picture);
        const mine = answers.get(region) ?? [];
        answers.set(region, [...mine, { truth: fractured, probability: fracture.probability }]);
      }
    }
  };
  await Promise.all(Array.from({ length: engine.describe().threads + 1 }, loop));
  await classifier?.dispose();
  await examiner?.dispose();
  // What the films do not tell, such as of one kind only, is left out.
  return [...partRows(parts, bundles), ...fractureRows(answers, bundles)].filter(
    ({ measured }) => !Number.isNaN(measured),
  );
}

function noFilms(regions: readonly string[], films: readonly LabelledFilm[]): ProblemError {
  const given = [...new Set(films.map(({ region }) => region))].join(", ");
  return new ProblemError(
    "validation-failed",
    `No film is of a region that a bundle is for (${regions.join(", ")}); the films' regions are: ${given}.`,
  );
}

function partRows(parts: readonly { region: string; right: boolean }[], { bodyPart }: Bundles): Measured[] {
  if (bodyPart === undefined) return [];
  const { name, metrics } = bodyPart.manifest;
  const row = (metric: "accuracy" | "accuracyOrigin", mine: readonly { right: boolean }[]): Measured => ({
    model: name,
    metric,
    films: mine.length,
    measured: mine.filter((each) => each.right).length / mine.length,
    ...statedOf(metrics[metric]),
  });
  return [
    row("accuracy", parts),
    row(
      "accuracyOrigin",
      parts.filter((each) => originParts.includes(each.region)),
    ),
  ];
}

function fractureRows(answers: ReadonlyMap<string, Answer[]>, { fractures }: Bundles): Measured[] {
  return [...fractures].flatMap(([bone, { manifest }]) => {
    const mine = answers.get(bone) ?? [];
    const values = {
      auroc: auroc(mine),
      ...operatingPoint(mine, manifest.thresholds.balanced),
      calibrationError: calibrationError(mine),
    };
    return (Object.keys(values) as (keyof typeof values)[]).map((metric) => ({
      model: manifest.name,
      metric,
      films: mine.length,
      measured: values[metric],
      ...statedOf(manifest.metrics[metric]),
    }));
  });
}

/** @throws ProblemError that names the file */
async function readPicture(file: string): Promise<NormalisedFilm> {
  try {
    return await normalise(await readFile(file));
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    throw new ProblemError(error.code, `${file}: ${error.detail}`, { cause: error });
  }
}

/** What the manifest says, where it says anything. */
function statedOf(interval: { value: number } | undefined): { manifest?: number } {
  return interval === undefined ? {} : { manifest: interval.value };
}
