import { type Static, Type } from "../libraries/typebox.js";

/** An RFC 9457 problem, as `application/problem+json`. */
export const Problem = Type.Object({
  type: Type.String({ description: "/problems/<code>" }),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.String(),
  detail: Type.String(),
  instance: Type.Optional(Type.String()),
  requestId: Type.String(),
  errors: Type.Optional(Type.Array(Type.Object({ detail: Type.String(), pointer: Type.String() }))),
});
export type Problem = Static<typeof Problem>;
