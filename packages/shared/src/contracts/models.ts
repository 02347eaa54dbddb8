import { type Static, Type } from "typebox";

const Interval = Type.Object({ value: Type.Number(), low: Type.Number(), high: Type.Number() });

/** A loaded model as `/v1/models` shows it and as workers announce it. */
export const LoadedModel = Type.Object({
  name: Type.String(),
  version: Type.String(),
  digest: Type.String(),
  task: Type.Enum(["bodypart", "fracture"]),
  bone: Type.Optional(Type.String()),
  title: Type.String(),
  engine: Type.String(),
  licence: Type.String(),
  classes: Type.Array(Type.String()),
  thresholds: Type.Optional(
    Type.Object({ sensitive: Type.Number(), balanced: Type.Number(), specific: Type.Number() }),
  ),
  metrics: Type.Object({
    split: Type.String(),
    films: Type.Integer(),
    values: Type.Record(Type.String(), Interval),
  }),
});
export type LoadedModel = Static<typeof LoadedModel>;
