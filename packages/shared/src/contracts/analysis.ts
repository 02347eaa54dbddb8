import { type Static, Type } from "../libraries/typebox.js";
import { disclaimer } from "./disclaimer.js";

/** Regions with a fracture model, in the order the models' classes have them. */
export const bones = ["elbow", "hand", "shoulder", "leg", "hip"] as const;
export type Bone = (typeof bones)[number];

/** The bone of an analysed film's label. @throws TypeError for any other, which no checked body-part bundle supports */
export function boneOf(label: string): Bone {
  const bone = bones.find((each) => each === label);
  if (bone === undefined) throw new TypeError(`No fracture model is for "${label}"`);
  return bone;
}

export const outcomes = ["analysed", "not-identified", "unsupported-region"] as const;
export type Outcome = (typeof outcomes)[number];

const Probability = Type.Number({ minimum: 0, maximum: 1 });
const Fraction = Type.Number({
  minimum: 0,
  maximum: 1,
  description: "Fraction of the film’s width or height.",
});
const Timestamp = Type.String({ format: "date-time" });
const Milliseconds = Type.Number({ minimum: 0 });
const digestPattern = "^sha256:[0-9a-f]{64}$";
export const Digest = Type.String({ pattern: digestPattern });

export const AnalysisStatus = Type.Enum(["queued", "processing", "completed", "failed", "cancelled"]);
export type AnalysisStatus = Static<typeof AnalysisStatus>;
const endStates: readonly AnalysisStatus[] = ["completed", "failed", "cancelled"];

export const Priority = Type.Enum(["normal", "urgent"], {
  description: "An urgent film goes ahead of others; a key needs the scope `urgent` for it.",
});
export type Priority = Static<typeof Priority>;

export const OutcomeSchema = Type.Enum([...outcomes]);

export const Region = Type.Object({
  x: Fraction,
  y: Fraction,
  width: Fraction,
  height: Fraction,
  score: Probability,
});
export type Region = Static<typeof Region>;

export const BodyPartSummary = Type.Object({
  label: Type.String({ description: 'A body part with a model, or "other" or "none".' }),
  probability: Probability,
});
export type BodyPartSummary = Static<typeof BodyPartSummary>;

export const BodyPart = Type.Object({
  ...BodyPartSummary.properties,
  probabilities: Type.Record(Type.String(), Probability),
});
export type BodyPart = Static<typeof BodyPart>;

export const Certainty = Type.Enum(["negative", "doubtful", "positive"]);
export type Certainty = Static<typeof Certainty>;

export const FractureSummary = Type.Object({
  label: Type.Enum(["fractured", "normal"], { description: "At the balanced threshold." }),
  probability: Type.Number({
    minimum: 0,
    maximum: 1,
    description: "Calibrated, where the model’s bundle is.",
  }),
  certainty: Certainty,
});
export type FractureSummary = Static<typeof FractureSummary>;

export const Fracture = Type.Object({
  ...FractureSummary.properties,
  regions: Type.Optional(
    Type.Array(Region, { description: "Absent where the model gives no heat map to take them from." }),
  ),
});
export type Fracture = Static<typeof Fracture>;

/** Where a fracture's calibrated probability changes its meaning: sensitive <= balanced <= specific. */
export const Thresholds = Type.Object({
  sensitive: Probability,
  balanced: Probability,
  specific: Probability,
});

/** An edition of a model: what a finding was made with, down to the operating point, so that it can be made again. */
export const ModelRef = Type.Object({
  name: Type.String(),
  version: Type.String(),
  digest: Type.String({
    pattern: digestPattern,
    description: "Of the model file that answered: model.onnx, or model.int8.onnx.",
  }),
  manifestDigest: Type.Optional(
    Type.String({
      pattern: digestPattern,
      description: "Of model.json: preprocessing, calibration and the bundle’s own thresholds.",
    }),
  ),
  thresholds: Type.Optional(
    Type.Object(Thresholds.properties, { description: "In force; of a fracture model." }),
  ),
  minimumProbability: Type.Optional(
    Type.Number({ minimum: 0, maximum: 1, description: "In force; of the body-part model." }),
  ),
});
export type ModelRef = Static<typeof ModelRef>;

export const AnalysisError = Type.Object({
  code: Type.String(),
  title: Type.String(),
  detail: Type.String(),
});
export type AnalysisError = Static<typeof AnalysisError>;

const FilmSide = Type.Integer({
  minimum: 1,
  description:
    "Of the original, its orientation applied, pixels. image.png may be smaller; films of old have its size, once it is there.",
});

export const Film = Type.Object({
  index: Type.Integer({ minimum: 0 }),
  name: Type.Optional(Type.String()),
  contentType: Type.String(),
  digest: Digest,
  width: Type.Optional(FilmSide),
  height: Type.Optional(FilmSide),
  outcome: Type.Optional(OutcomeSchema),
  bodyPart: Type.Optional(BodyPart),
  fracture: Type.Optional(Fracture),
  error: Type.Optional(AnalysisError),
  models: Type.Optional(
    Type.Object({ bodyPart: Type.Optional(ModelRef), fracture: Type.Optional(ModelRef) }),
  ),
});
export type Film = Static<typeof Film>;

export const Timings = Type.Object(
  {
    queuedMs: Type.Optional(Milliseconds),
    bodyPartMs: Type.Optional(Milliseconds),
    fractureMs: Type.Optional(Milliseconds),
    totalMs: Type.Optional(Milliseconds),
  },
  { description: "Of several films the longest of each; totalMs is from acceptance to the end state." },
);
export type Timings = Static<typeof Timings>;

export const Analysis = Type.Object({
  id: Type.String({ format: "uuid" }),
  status: AnalysisStatus,
  reference: Type.Optional(Type.String({ maxLength: 200 })),
  priority: Type.Optional(Priority),
  retryOf: Type.Optional(
    Type.String({
      format: "uuid",
      description: "The failed analysis whose films an operator had examined again.",
    }),
  ),
  createdAt: Timestamp,
  completedAt: Type.Optional(Timestamp),
  bodyPart: Type.Optional(BodyPartSummary),
  fracture: Type.Optional(FractureSummary),
  outcome: Type.Optional(OutcomeSchema),
  films: Type.Array(Film),
  timings: Timings,
  error: Type.Optional(AnalysisError),
  links: Type.Object({ self: Type.String(), events: Type.String() }),
  disclaimer: Type.Literal(disclaimer),
});
export type Analysis = Static<typeof Analysis>;

export function isEnded(status: AnalysisStatus): boolean {
  return endStates.includes(status);
}
