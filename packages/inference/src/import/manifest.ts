import type { InputSpec } from "@osteon/imaging";
import { type Bone, bones } from "@osteon/shared";
import type { BodyPartManifest, FractureManifest, Manifest } from "../manifest.js";

/** What an import is told of a model, beside its file. */
export interface ModelFacts {
  readonly task: "bodypart" | "fracture";
  readonly bone: Bone | undefined;
  readonly name: string;
  readonly title: string;
  readonly version: string;
  readonly licence: string;
  readonly attribution: readonly string[];
  readonly data: string;
  /** In the order of the model's outputs; where that is one number, it is the second's probability. */
  readonly classes: readonly string[];
  readonly thresholds: FractureManifest["thresholds"];
  readonly minimumProbability: number;
  /** Name of the file that was imported, and how: its classes in its own order, too. */
  readonly origin: Readonly<Record<string, string>>;
}

/** Classes that are no film, by the names that are common. */
const noFilm = new Set(["none", "unknown", "not-a-film"]);

/**
 * The manifest of an imported model. Its numbers are the model's own: temperature 1, no calibration; it has no heat map, and no
 * metrics that were measured here.
 *
 * @param warmup the raw outputs for the warm-up film, or zeros while they are not known
 */
export function manifestOf(
  facts: ModelFacts,
  files: Manifest["files"],
  input: InputSpec & { readonly name: string },
  warmup: readonly number[],
): Manifest {
  const { name, title, version, licence, attribution, data, classes, origin } = facts;
  const common = {
    schemaVersion: 1 as const,
    name,
    version,
    title,
    licence,
    attribution: [...attribution],
    files,
    input: mutable(input),
    data: { name: data, licence: "not stated" },
    training: { ...origin },
  };
  const tolerance = Math.max(1e-3, 1e-3 * Math.max(...warmup.map(Math.abs)));
  const metrics = { split: "none", films: 0 };
  if (facts.task === "fracture") {
    return {
      ...common,
      task: "fracture",
      bone: facts.bone ?? "elbow",
      outputs: { logit: "logit" },
      classes: ["normal", "fractured"],
      calibration: { method: "platt", scale: 1, offset: 0 },
      thresholds: facts.thresholds,
      warmup: { outputs: { logit: [...warmup] }, tolerance },
      metrics,
    } satisfies FractureManifest;
  }
  const supported = bones.filter((bone) => classes.includes(bone));
  const unknown = classes.filter((each) => noFilm.has(each));
  return {
    ...common,
    task: "bodypart",
    outputs: { logits: "logits" },
    classes: [...classes],
    calibration: { method: "temperature", temperature: 1 },
    decision: {
      supported,
      unknown,
      unsupported: classes.filter(
        (each) => !unknown.includes(each) && !supported.some((bone) => bone === each),
      ),
      minimumProbability: facts.minimumProbability,
    },
    warmup: { outputs: { logits: [...warmup] }, tolerance },
    metrics,
  } satisfies BodyPartManifest;
}

function mutable({ mean, std, ...rest }: InputSpec & { readonly name: string }): Manifest["input"] {
  const each = (value: number | readonly number[]) => (typeof value === "number" ? value : [...value]);
  return { ...rest, mean: each(mean), std: each(std) };
}
