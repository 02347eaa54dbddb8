import { type Static, Type } from "../libraries/typebox.js";

/** Work that was given up: an analysis that failed, or a delivery that nobody took. */
export const DeadLetter = Type.Object({
  id: Type.String({ description: "The analysis’s id, or the delivery’s name." }),
  kind: Type.Enum(["analysis", "delivery"]),
  tenant: Type.String(),
  analysis: Type.String(),
  at: Type.String({ format: "date-time", description: "When it was accepted." }),
  code: Type.Optional(Type.String({ description: "Of a failed analysis." })),
  reason: Type.String(),
});
export type DeadLetter = Static<typeof DeadLetter>;

/** What follows from trying a dead letter again. */
export const RetriedLetter = Type.Object({
  id: Type.String({ description: "Of the dead letter, which is none any more." }),
  analysis: Type.String({
    description: "Of a failed analysis, the new one that examines its films again; else the delivery’s own.",
  }),
});
export type RetriedLetter = Static<typeof RetriedLetter>;
