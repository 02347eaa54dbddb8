import path from "node:path";
import { type Bone, bones } from "@osteon/shared";
import { interrupted, onStopSignal, UsageError } from "@osteon/shared/command-line";
import type { ModelsTerminal } from "../commands/terminal.js";
import type { InferenceEngine } from "../engine.js";
import { thresholdsAscend } from "../manifest.js";
import { type ImportOptions, importModel } from "./import-model.js";
import { type Preprocessing, preprocessings } from "./preprocessing.js";

export const importUsage = `  import               makes a bundle of a classifier's file, and proves that it answers as there
    --keras FILE         .keras of Keras 2.15 or 3, .h5 of Keras 2 or 3
    --onnx FILE          one input (a picture), one output
    --task NAME          bodypart | fracture
    --bone NAME          ${bones.join(" | ")} (fracture)
    --classes A,B        in the order of the outputs (elbow,hand,shoulder; fractured,normal); one number is the
                         second's probability, and has no default
    --preprocessing NAME ${preprocessings.join(" | ")} (caffe)
    --interpolation NAME nearest | bilinear (nearest, as Keras's load_img)
    --fit NAME           stretch | letterbox (stretch)
    --ends-in NAME       probabilities | logits (probabilities)
    --thresholds A,B,C   sensitive, balanced, specific (0.25,0.5,0.75)
    --minimum-probability P  of the best part; below it a film is not-identified (0.5)
    --films FOLDER       films to compare on, the first for its warm-up (the test data, else the shipped warm-up films)
    --out DIR            where the bundle goes (--models), --replace to move one of the same work away
    --name, --title, --version, --licence, --attribution, --data-name TEXT`;

const text = { type: "string" } as const;

/** The options of `import`, beside those of every command. */
export const importOptions = {
  keras: text,
  onnx: text,
  torchscript: text,
  task: text,
  bone: text,
  classes: text,
  preprocessing: { ...text, default: "caffe" },
  interpolation: { ...text, default: "nearest" },
  fit: { ...text, default: "stretch" },
  "ends-in": { ...text, default: "probabilities" },
  thresholds: { ...text, default: "0.25,0.5,0.75" },
  "minimum-probability": { ...text, default: "0.5" },
  films: text,
  out: text,
  replace: { type: "boolean", default: false },
  name: text,
  title: text,
  version: { ...text, default: "1.0.0" },
  licence: { ...text, default: "not stated" },
  attribution: { ...text, multiple: true, default: [] as string[] },
  "data-name": { ...text, default: "not stated" },
} as const;

type Values = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** @throws ImportError, or an AbortError where a signal broke it off */
export async function importCommand(
  engine: InferenceEngine,
  given: GivenOptions,
  { out, err, json }: ModelsTerminal,
): Promise<boolean> {
  const stopping = new AbortController();
  const options = { ...given, say: err, signal: stopping.signal };
  const signals = onStopSignal(
    () => stopping.abort(),
    () => process.exit(interrupted),
  );
  try {
    const folder = await importModel(engine, options);
    const { task, name, version } = options.facts;
    out(
      json
        ? JSON.stringify({ folder, task, name, version })
        : `${folder} is a bundle: edit its CARD.md, then npm run models -- validate --models ${options.out}`,
    );
    return true;
  } catch (error) {
    throw stopping.signal.aborted ? stopping.signal.reason : error;
  } finally {
    signals.off();
  }
}

/** What the command line says of an import. */
export type GivenOptions = Omit<ImportOptions, "say" | "signal">;

/**
 * @param values as `importOptions` were given, and `models`: where the bundle goes without `out`
 * @param cwd folder that paths are relative to
 * @throws UsageError
 */
export function readImport(values: Values, cwd: string): GivenOptions {
  const given = (name: string) => {
    const value = values[name];
    return typeof value === "string" ? value : undefined;
  };
  const choice = <T extends string>(name: string, choices: readonly T[]): T => {
    const found = choices.find((each) => each === given(name));
    if (found === undefined) throw new UsageError(`--${name} must be one of ${choices.join(", ")}.`);
    return found;
  };
  if (given("torchscript") !== undefined)
    throw new UsageError(
      "TorchScript is not read: export the model by torch.onnx.export, and import it by --onnx.",
    );
  const [keras, onnx] = [given("keras"), given("onnx")];
  if ((keras === undefined) === (onnx === undefined))
    throw new UsageError("Give one file, by --keras or by --onnx.");
  const found = (name: string) => {
    const value = given(name);
    return value === undefined ? undefined : path.resolve(cwd, value);
  };
  const task = choice("task", ["bodypart", "fracture"]);
  const bone: Bone | undefined = task === "fracture" ? choice("bone", bones) : undefined;
  const file = path.basename(keras ?? onnx ?? "");
  const preprocessing: Preprocessing = choice("preprocessing", preprocessings);
  const classes = classesOf(task, given("classes"));
  return {
    keras: found("keras"),
    onnx: found("onnx"),
    fitting: {
      preprocessing,
      interpolation: choice("interpolation", ["nearest", "bilinear"]),
      fit: choice("fit", keras === undefined ? ["stretch", "letterbox"] : ["stretch"]),
    },
    endsIn: choice("ends-in", ["probabilities", "logits"]),
    films: found("films"),
    out: found("out") ?? found("models") ?? path.resolve(cwd, "models"),
    replace: values.replace === true,
    facts: {
      task,
      bone,
      name: given("name") ?? (bone === undefined ? "bodypart" : `fracture-${bone}`),
      title: given("title") ?? (bone === undefined ? "Body part of a film" : `Fracture of the ${bone}`),
      version: given("version") ?? "1.0.0",
      licence: given("licence") ?? "not stated",
      attribution: Array.isArray(values.attribution) ? values.attribution : [],
      data: given("data-name") ?? "not stated",
      classes,
      thresholds: thresholdsOf(given("thresholds") ?? ""),
      minimumProbability: numberOf("minimum-probability", given("minimum-probability") ?? ""),
      origin: { importedFrom: file, preprocessing, classes: classes.join(",") },
    },
    orderGiven: given("classes") !== undefined,
  };
}

function classesOf(task: "bodypart" | "fracture", given: string | undefined): string[] {
  const classes = (given ?? (task === "fracture" ? "fractured,normal" : "elbow,hand,shoulder"))
    .split(",")
    .map((each) => each.trim().toLowerCase());
  if (task === "fracture" && [...classes].sort().join() !== "fractured,normal")
    throw new UsageError("--classes of a fracture model must be fractured,normal or normal,fractured.");
  if (new Set(classes).size < classes.length) throw new UsageError("--classes must be different names.");
  if (task === "bodypart" && !bones.some((bone) => classes.includes(bone)))
    throw new UsageError(`--classes must have one of ${bones.join(", ")}.`);
  return classes;
}

function thresholdsOf(given: string) {
  const [sensitive, balanced, specific, ...more] = given
    .split(",")
    .map((each) => numberOf("thresholds", each));
  if (sensitive === undefined || balanced === undefined || specific === undefined || more.length > 0)
    throw new UsageError("--thresholds must be three probabilities, such as 0.25,0.5,0.75.");
  const thresholds = { sensitive, balanced, specific };
  if (!thresholdsAscend(thresholds)) throw new UsageError("--thresholds must not fall: A <= B <= C.");
  return thresholds;
}

function numberOf(name: string, given: string): number {
  const number = Number(given);
  if (given.trim() === "" || !(number >= 0 && number <= 1))
    throw new UsageError(`--${name} must be from 0 to 1.`);
  return number;
}
