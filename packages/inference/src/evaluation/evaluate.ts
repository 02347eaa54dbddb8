import { readFile } from "node:fs/promises";
import { normalise } from "@osteon/imaging";
import type { Bone } from "@osteon/shared";
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

/** Measures the bundles through the path that serves: files to normalised films to the engine, each film to its true bone. */
export async function evaluate(
  engine: InferenceEngine,
  bundles: Bundles,
  films: readonly LabelledFilm[],
  onFilm: (done: number) => void = () => undefined,
): Promise<Measured[]> {
  const classifier = await BodyPartClassifier.load(engine, bundles);
  const examiner = await FractureExaminer.load(engine, bundles);
  const bones = new Set<string>(examiner.bones);
  const known = films.filter((film) => bones.has(film.region));
  const parts: { region: string; right: boolean }[] = [];
  const answers = new Map<string, Answer[]>();
  let next = 0;
  const loop = async () => {
    for (let film = known[next++]; film !== undefined; film = known[next++]) {
      const picture = await normalise(await readFile(film.file));
      const { bodyPart, outcome } = await classifier.classify(picture);
      parts.push({ region: film.region, right: outcome === "analysed" && bodyPart.label === film.region });
      const { fracture } = await examiner.examine(film.region as Bone, picture);
      const mine = answers.get(film.region) ?? [];
      answers.set(film.region, [...mine, { truth: film.fractured, probability: fracture.probability }]);
      onFilm(parts.length);
    }
  };
  await Promise.all(Array.from({ length: engine.describe().threads + 1 }, loop));
  const measured = [...partRows(parts, bundles), ...fractureRows(answers, bundles)];
  await classifier.dispose();
  await examiner.dispose();
  return measured;
}

function partRows(parts: readonly { region: string; right: boolean }[], { bodyPart }: Bundles): Measured[] {
  const metrics = bodyPart?.manifest.metrics;
  const row = (metric: "accuracy" | "accuracyOrigin", mine: readonly { right: boolean }[]): Measured => ({
    model: "bodypart",
    metric,
    films: mine.length,
    measured: mine.filter((each) => each.right).length / mine.length,
    ...statedOf(metrics?.[metric]),
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

/** What the manifest says, where it says anything. */
function statedOf(interval: { value: number } | undefined): { manifest?: number } {
  return interval === undefined ? {} : { manifest: interval.value };
}
