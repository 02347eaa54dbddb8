import { type Static, Type } from "typebox";

/** A loaded model as `/v1/models` shows it and as workers announce it. */
export const LoadedModel = Type.Object({
  name: Type.String(),
  version: Type.String(),
  digest: Type.String({ description: "Of model.onnx." }),
  task: Type.Enum(["bodypart", "fracture"]),
  bone: Type.Optional(Type.String()),
  title: Type.String(),
  engine: Type.String(),
  classes: Type.Array(Type.String()),
  thresholds: Type.Optional(
    Type.Object({ sensitive: Type.Number(), balanced: Type.Number(), specific: Type.Number() }),
  ),
  metrics: Type.Record(Type.String(), Type.Unknown(), {
    description:
      "Of the split it names: films, and each metric as {value, low, high}, a 95 % bootstrap interval.",
  }),
  data: Type.Record(Type.String(), Type.Unknown()),
  licence: Type.String(),
  attribution: Type.Array(Type.String()),
});
export type LoadedModel = Static<typeof LoadedModel>;
