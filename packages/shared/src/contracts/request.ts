import { type Static, Type } from "../libraries/typebox.js";
import { Priority } from "./analysis.js";

/** A film as accepted: what the ledger keeps beside its bytes. */
export const AcceptedFilm = Type.Object({
  index: Type.Integer({ minimum: 0 }),
  name: Type.Optional(Type.String()),
  contentType: Type.String(),
  digest: Type.String(),
  bytes: Type.Integer({ minimum: 1 }),
  /** As it is shown, its orientation applied; absent in records of old. */
  width: Type.Optional(Type.Integer({ minimum: 1 })),
  height: Type.Optional(Type.Integer({ minimum: 1 })),
});
export type AcceptedFilm = Static<typeof AcceptedFilm>;

/** An Idempotency-Key that an analysis was accepted under. */
export const UsedKey = Type.Object({
  /** Of its record: a digest. */
  name: Type.String(),
  /** When it was taken, milliseconds since the epoch. */
  at: Type.Number(),
});
export type UsedKey = Static<typeof UsedKey>;

/** `request.json`: what was promised. Immutable. */
export const AnalysisRequest = Type.Object({
  v: Type.Integer({ minimum: 1 }),
  id: Type.String(),
  tenant: Type.String(),
  createdAt: Type.String(),
  reference: Type.Optional(Type.String()),
  callbackUrl: Type.Optional(Type.String()),
  regionHint: Type.Optional(Type.String()),
  /** Normal where absent. */
  priority: Type.Optional(Priority),
  /** The failed analysis whose films are examined again. */
  retryOf: Type.Optional(Type.String()),
  /** It is erased along with the analysis. */
  key: Type.Optional(UsedKey),
  films: Type.Array(AcceptedFilm, { minItems: 1 }),
});
export type AnalysisRequest = Static<typeof AnalysisRequest>;
