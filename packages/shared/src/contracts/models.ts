import { type Static, Type } from "../libraries/typebox.js";
import { AnalysisError, ModelRef } from "./analysis.js";

/** A loaded model as `/v1/models` shows it and as workers announce it. */
export const LoadedModel = Type.Object({
  ...ModelRef.properties,
  task: Type.Enum(["bodypart", "fracture"]),
  bone: Type.Optional(Type.String()),
  title: Type.String(),
  engine: Type.String(),
  classes: Type.Array(Type.String()),
  operatingPointsFrom: Type.Enum(["bundle", "configuration"], {
    description: "Whether the thresholds, or the minimum probability, are the bundle’s own.",
  }),
  metrics: Type.Record(Type.String(), Type.Unknown(), {
    description:
      "Of the split it names: films, the fractured ones among them, and each metric as {value, low, high}, with its 95 % interval. At the bundle’s own thresholds.",
  }),
  data: Type.Record(Type.String(), Type.Unknown()),
  licence: Type.String(),
  attribution: Type.Array(Type.String()),
  card: Type.Optional(Type.String({ description: "Path of the model’s card, Markdown." })),
});
export type LoadedModel = Static<typeof LoadedModel>;

/** What became of one model when a worker was told to load anew. */
export const ModelReload = Type.Object({
  name: Type.String(),
  outcome: Type.Enum(["loaded", "unchanged", "refused"], {
    description: "A refused bundle changes nothing: the model that served goes on.",
  }),
  model: Type.Optional(Type.Object(ModelRef.properties, { description: "What serves now." })),
  problem: Type.Optional(AnalysisError),
});
export type ModelReload = Static<typeof ModelReload>;

/** What a worker said to a call to reload; `waiting` where it has not answered in time. */
export const WorkerReload = Type.Object({
  worker: Type.String(),
  service: Type.String(),
  state: Type.Enum(["answered", "waiting"]),
  models: Type.Array(ModelReload),
});
export type WorkerReload = Static<typeof WorkerReload>;

/** What all workers said to a call to reload. */
export const WorkerReloads = Type.Object({ data: Type.Array(WorkerReload) });
