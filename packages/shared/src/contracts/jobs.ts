import { type Static, Type } from "typebox";
import { BodyPart, bones, ModelRef, Priority } from "./analysis.js";

/** Version of the job and ledger shapes; a worker refuses a newer one than it knows. */
export const schemaVersion = 1;

const FilmJobBase = {
  v: Type.Integer({ minimum: 1 }),
  tenant: Type.String(),
  analysisId: Type.String(),
  film: Type.Integer({ minimum: 0 }),
  /** Milliseconds since the epoch, by the gateway's clock. */
  acceptedAt: Type.Number(),
  /** Normal where absent. */
  priority: Type.Optional(Priority),
};

export const BodyPartJob = Type.Object(FilmJobBase);
export type BodyPartJob = Static<typeof BodyPartJob>;

export const FractureJob = Type.Object({
  ...FilmJobBase,
  bone: Type.Enum([...bones]),
  width: Type.Integer({ minimum: 1 }),
  height: Type.Integer({ minimum: 1 }),
  bodyPart: BodyPart,
  model: ModelRef,
  queuedMs: Type.Number(),
  bodyPartMs: Type.Number(),
});
export type FractureJob = Static<typeof FractureJob>;

export const WebhookJob = Type.Object({
  v: Type.Integer({ minimum: 1 }),
  tenant: Type.String(),
  analysisId: Type.String(),
});
export type WebhookJob = Static<typeof WebhookJob>;

/** Every kind of job with its data: a queue each. */
export interface Jobs {
  bodypart: BodyPartJob;
  fracture: FractureJob;
  webhook: WebhookJob;
}
export type JobKind = keyof Jobs;

export const jobKinds = ["bodypart", "fracture", "webhook"] as const satisfies readonly JobKind[];

/** The kinds whose queues the tenants share. */
export const filmJobKinds = ["bodypart", "fracture"] as const satisfies readonly JobKind[];
export type FilmJobKind = (typeof filmJobKinds)[number];

export const jobSchemas = { bodypart: BodyPartJob, fracture: FractureJob, webhook: WebhookJob } as const;

/** The derived id of a film's job: adding the same job twice is adding it once. */
export function filmJobId(analysisId: string, film: number, stage: FilmJobKind): string {
  return `${analysisId}-${film}-${stage}`;
}

export function webhookJobId(analysisId: string): string {
  return `${analysisId}-webhook`;
}
