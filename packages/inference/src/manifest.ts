import { bones, ProblemError } from "@osteon/shared";
import { type Static, type TSchema, Type, Value } from "@osteon/shared/libraries/typebox";

const Probability = Type.Number({ minimum: 0, maximum: 1 });
const Name = Type.String({ pattern: "^[a-z0-9][a-z0-9-]*$" });
/** Whether a bundle may be called so. */
export const isName = (name: string): boolean => Value.Check(Name, name);
const Digest = Type.String({ pattern: "^sha256:[0-9a-f]{64}$" });
const Side = Type.Integer({ minimum: 32, maximum: 2048 });
const Numbers = Type.Array(Type.Number(), { minItems: 1 });

const FileRef = Type.Object({ digest: Digest, bytes: Type.Integer({ minimum: 1 }) });
const Interval = Type.Object({ value: Probability, low: Probability, high: Probability });
const OptionalInterval = Type.Optional(Interval);

/** Where a name that nobody knows would be a setting that has no effect. */
const strict = { additionalProperties: false } as const;

/** One number for all channels, or one for each. */
const OneOrEach = <T extends ReturnType<typeof Type.Number>>(number: T) =>
  Type.Union([number, Type.Array(number, { minItems: 1 })]);

const Percentile = Type.Object(
  {
    method: Type.Literal("percentile"),
    low: Probability,
    high: Probability,
    ignoreBelow: Type.Integer({ minimum: 0, maximum: 255 }),
    minimumRange: Type.Integer({ minimum: 1, maximum: 255 }),
  },
  strict,
);
const AsIs = Type.Object(
  { method: Type.Literal("none"), maximum: Type.Number({ exclusiveMinimum: 0 }) },
  strict,
);

const Input = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    width: Side,
    height: Side,
    contrast: Type.Union([Percentile, AsIs]),
    pad: Type.Number({ minimum: -1e6, maximum: 1e6 }),
    mean: OneOrEach(Type.Number({ minimum: -1e6, maximum: 1e6 })),
    // No less than what a 32-bit float divides by without a loss.
    std: OneOrEach(Type.Number({ minimum: 1e-6, maximum: 1e6 })),
    channels: Type.Optional(Type.Integer({ minimum: 1, maximum: 4 })),
    layout: Type.Optional(Type.Enum(["NCHW", "NHWC"])),
    fit: Type.Optional(Type.Enum(["letterbox", "stretch"])),
    resample: Type.Optional(Type.Enum(["triangle", "nearest"])),
  },
  strict,
);

const common = {
  schemaVersion: Type.Literal(1),
  name: Name,
  version: Type.String({ pattern: "^\\d+\\.\\d+\\.\\d+(-[0-9A-Za-z.-]+)?(\\+[0-9A-Za-z.-]+)?$" }),
  title: Type.String({ minLength: 1 }),
  licence: Type.String({ minLength: 1 }),
  attribution: Type.Array(Type.String()),
  files: Type.Object({
    "model.onnx": FileRef,
    "model.int8.onnx": Type.Optional(FileRef),
    "warmup.png": FileRef,
  }),
  input: Input,
  data: Type.Object({ name: Type.String(), doi: Type.Optional(Type.String()), licence: Type.String() }),
  training: Type.Object({}, { additionalProperties: true }),
};

/** Metrics on a split: its name, the films, the fractured ones among them, and each value with its 95 % interval; none where none was measured. */
const metrics = <Names extends string>(...names: Names[]) =>
  Type.Object({
    split: Type.String(),
    films: Type.Integer({ minimum: 0 }),
    fractured: Type.Optional(Type.Integer({ minimum: 0 })),
    ...(Object.fromEntries(names.map((name) => [name, OptionalInterval])) as Record<
      Names,
      typeof OptionalInterval
    >),
  });

const warmup = <Outputs extends string>(...names: Outputs[]) =>
  Type.Object({
    outputs: Type.Object(
      Object.fromEntries(names.map((name) => [name, Numbers])) as Record<Outputs, typeof Numbers>,
    ),
    // Of a logit: with more, any model would pass.
    tolerance: Type.Number({ exclusiveMinimum: 0, maximum: 1 }),
  });

const int8 = <Outputs extends string>(...names: Outputs[]) =>
  Type.Optional(Type.Object({ warmup: warmup(...names) }));

/** The manifest of the body-part model. */
export const BodyPartManifest = Type.Object({
  ...common,
  task: Type.Literal("bodypart"),
  outputs: Type.Object({ logits: Type.String({ minLength: 1 }) }),
  classes: Type.Array(Type.String({ minLength: 1 }), { minItems: 2, uniqueItems: true }),
  calibration: Type.Object(
    { method: Type.Literal("temperature"), temperature: Type.Number({ exclusiveMinimum: 0 }) },
    strict,
  ),
  decision: Type.Object(
    {
      supported: Type.Array(Type.Enum([...bones]), { minItems: 1 }),
      unsupported: Type.Array(Type.String()),
      unknown: Type.Array(Type.String()),
      minimumProbability: Probability,
    },
    strict,
  ),
  warmup: warmup("logits"),
  int8: int8("logits"),
  metrics: metrics("accuracy", "accuracyOrigin"),
});
export type BodyPartManifest = Static<typeof BodyPartManifest>;

/** The manifest of one bone's fracture model. */
export const FractureManifest = Type.Object({
  ...common,
  task: Type.Literal("fracture"),
  bone: Type.Enum([...bones]),
  outputs: Type.Object({
    logit: Type.String({ minLength: 1 }),
    heatmap: Type.Optional(Type.String({ minLength: 1 })),
  }),
  classes: Type.Tuple([Type.Literal("normal"), Type.Literal("fractured")]),
  calibration: Type.Object(
    {
      method: Type.Literal("platt"),
      // A negative one would exchange fractured and normal.
      scale: Type.Number({ exclusiveMinimum: 0 }),
      offset: Type.Number(),
      prevalence: Type.Optional(Probability),
    },
    strict,
  ),
  thresholds: Type.Object({ sensitive: Probability, balanced: Probability, specific: Probability }, strict),
  regions: Type.Optional(
    Type.Object({ threshold: Probability, maximum: Type.Integer({ minimum: 0 }) }, strict),
  ),
  warmup: warmup("logit"),
  int8: int8("logit"),
  metrics: metrics("auroc", "sensitivity", "specificity", "calibrationError"),
});
export type FractureManifest = Static<typeof FractureManifest>;

/** A bundle's `model.json`, as docs/reference/bundles.md describes it. */
export type Manifest = BodyPartManifest | FractureManifest;
export type Task = Manifest["task"];

/**
 * Checks a parsed `model.json`.
 *
 * @throws ProblemError `bundle-damaged` whose detail and `errors` list everything that is wrong.
 */
export function checkManifest(value: unknown): Manifest {
  const task = typeof value === "object" && value !== null && "task" in value ? value.task : undefined;
  if (task !== "bodypart" && task !== "fracture") {
    throw damaged([{ pointer: "/task", detail: 'must be "bodypart" or "fracture"' }]);
  }
  const schema = task === "bodypart" ? BodyPartManifest : FractureManifest;
  const errors = schemaFaults(schema, value);
  if (errors.length > 0) throw damaged(errors);
  const manifest = value as Manifest;
  const faults = manifest.task === "bodypart" ? classFaults(manifest) : thresholdFaults(manifest);
  faults.push(...inputFaults(manifest.input), ...metricFaults(manifest));
  if ((manifest.int8 === undefined) !== (manifest.files["model.int8.onnx"] === undefined)) {
    faults.push({
      pointer: "/int8",
      detail: "must be there with the file model.int8.onnx, and only with it",
    });
  }
  if (faults.length > 0) throw damaged(faults);
  return manifest;
}

interface Fault {
  pointer: string;
  detail: string;
}

/** Where a value breaks its schema, and what it must be there. */
export function schemaFaults(schema: TSchema, value: unknown): Fault[] {
  return (
    Value.Errors(schema, value)
      // The same as "additionalProperties" of what it is in.
      .filter(({ keyword }) => keyword !== "boolean")
      .map((error) => ({ pointer: error.instancePath || "/", detail: detailOf(error) }))
  );
}

/** What a value must be, by name where only some may be. */
function detailOf(error: ReturnType<typeof Value.Errors>[number]): string {
  switch (error.keyword) {
    case "enum":
      return `must be one of ${error.params.allowedValues.join(", ")}`;
    case "const":
      return `must be ${JSON.stringify(error.params.allowedValue)}`;
    case "additionalProperties":
      return `must not have ${error.params.additionalProperties.join(", ")}`;
    default:
      return error.message;
  }
}

function inputFaults({ contrast, channels = 1, mean, std }: Manifest["input"]): Fault[] {
  const faults: Fault[] = [];
  if (contrast.method === "percentile" && contrast.low >= contrast.high)
    faults.push({ pointer: "/input/contrast", detail: "low must be less than high" });
  for (const [name, value] of Object.entries({ mean, std })) {
    if (Array.isArray(value) && value.length !== channels)
      faults.push({
        pointer: `/input/${name}`,
        detail: `must be one number, or one a channel (${channels})`,
      });
  }
  return faults;
}

/** A model that was measured must give figures: all that the films tell, which of one kind only is not all. */
function metricFaults(manifest: Manifest): Fault[] {
  const { metrics } = manifest;
  const schema = manifest.task === "bodypart" ? BodyPartManifest : FractureManifest;
  const { split: _, films: __, fractured: ___, ...figures } = schema.properties.metrics.properties;
  return metrics.films === 0 || Object.keys(figures).some((name) => name in metrics)
    ? []
    : [{ pointer: "/metrics", detail: "must have figures where films were measured" }];
}

/** Every class must have exactly one outcome, and every outcome's class must exist. */
function classFaults({ classes, decision, warmup, int8 }: BodyPartManifest): Fault[] {
  const decided: string[] = [...decision.supported, ...decision.unsupported, ...decision.unknown];
  const faults: Fault[] = [];
  for (const name of classes) {
    const times = decided.filter((other) => other === name).length;
    if (times !== 1)
      faults.push({ pointer: "/decision", detail: `must name the class "${name}" once, not ${times} times` });
  }
  for (const name of decided) {
    if (!classes.includes(name))
      faults.push({ pointer: "/decision", detail: `names "${name}", which is no class` });
  }
  if (warmup.outputs.logits.length !== classes.length) {
    faults.push({ pointer: "/warmup/outputs/logits", detail: "must have one number a class" });
  }
  if (int8 !== undefined && int8.warmup.outputs.logits.length !== classes.length) {
    faults.push({ pointer: "/int8/warmup/outputs/logits", detail: "must have one number a class" });
  }
  return faults;
}

/** Whether the certainty rises with the probability. */
export function thresholdsAscend({ sensitive, balanced, specific }: FractureManifest["thresholds"]): boolean {
  return sensitive <= balanced && balanced <= specific;
}

function thresholdFaults({ thresholds, warmup, int8, outputs, regions }: FractureManifest): Fault[] {
  const faults: Fault[] = [];
  if ((outputs.heatmap === undefined) !== (regions === undefined))
    faults.push({ pointer: "/regions", detail: "must be there with the output heatmap, and only with it" });
  if (!thresholdsAscend(thresholds)) {
    faults.push({ pointer: "/thresholds", detail: "must be sensitive <= balanced <= specific" });
  }
  if (warmup.outputs.logit.length !== 1) {
    faults.push({ pointer: "/warmup/outputs/logit", detail: "must have one number" });
  }
  if (int8 !== undefined && int8.warmup.outputs.logit.length !== 1) {
    faults.push({ pointer: "/int8/warmup/outputs/logit", detail: "must have one number" });
  }
  return faults;
}

function damaged(errors: Fault[]): ProblemError {
  const list = errors.map(({ pointer, detail }) => `${pointer} ${detail}`).join("; ");
  return new ProblemError("bundle-damaged", `model.json: ${list}`, { errors, retryable: false });
}
