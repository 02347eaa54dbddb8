import { type Static, Type } from "../libraries/typebox.js";
import { BodyPart, bones, Digest, ModelRef, OutcomeSchema, Priority, Timings } from "./analysis.js";

/**
 * Version of the job shapes. A worker hands a job of a later version back, for one that knows it, and takes every earlier
 * version: what a version adds must be optional to whoever reads. 1: before normalised films had a digest. 3: a film may be DICOM.
 */
export const schemaVersion = 3;
/** Version of what every worker since then can do: whatever is no DICOM film still has it, for the workers of an update under way. */
export const plainVersion = 2;

/** The trace that a job belongs to (W3C Trace Context), where there is one. */
const Traced = { traceparent: Type.Optional(Type.String({ maxLength: 55 })) };

const AnalysisJobBase = {
  ...Traced,
  v: Type.Integer({ minimum: 1 }),
  tenant: Type.String(),
  analysisId: Type.String(),
};

const FilmJobBase = {
  ...AnalysisJobBase,
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
  /** Of the normalised film as it was put into the store; absent in version 1. */
  image: Type.Optional(Digest),
  queuedMs: Type.Number(),
  bodyPartMs: Type.Number(),
});
export type FractureJob = Static<typeof FractureJob>;

/** Classifies all films of an analysis again, in one worker, with one edition of the body-part model. */
export const ReclassifyJob = Type.Object(AnalysisJobBase);
export type ReclassifyJob = Static<typeof ReclassifyJob>;

/** Examines them again likewise. Films that had failed are not among them. */
export const ReexamineJob = Type.Object({
  ...AnalysisJobBase,
  model: ModelRef,
  films: Type.Array(
    Type.Object({
      film: Type.Integer({ minimum: 0 }),
      /** As in `FractureJob`. */
      image: Type.Optional(Digest),
      width: Type.Integer({ minimum: 1 }),
      height: Type.Integer({ minimum: 1 }),
      bodyPart: BodyPart,
      outcome: OutcomeSchema,
      timings: Timings,
    }),
  ),
});
export type ReexamineJob = Static<typeof ReexamineJob>;

export const WebhookJob = Type.Object({
  ...Traced,
  v: Type.Integer({ minimum: 1 }),
  tenant: Type.String(),
  /** The analysis whose end is told, or a test event. */
  event: Type.String(),
  /** The endpoint; absent for the analysis's own callback address. */
  webhook: Type.Optional(Type.String()),
});
export type WebhookJob = Static<typeof WebhookJob>;

/** Every kind of job with its data: a queue each. */
export interface Jobs {
  bodypart: BodyPartJob;
  fracture: FractureJob;
  reclassify: ReclassifyJob;
  reexamine: ReexamineJob;
  webhook: WebhookJob;
}
export type JobKind = keyof Jobs;

/** The steps of reading an analysis again, in their order. */
export const rereadKinds = ["reclassify", "reexamine"] as const;
export type RereadKind = (typeof rereadKinds)[number];
export const jobKinds = [
  "bodypart",
  "fracture",
  ...rereadKinds,
  "webhook",
] as const satisfies readonly JobKind[];

/** The kinds whose queues the tenants share. */
export const filmJobKinds = ["bodypart", "fracture"] as const satisfies readonly JobKind[];
export type FilmJobKind = (typeof filmJobKinds)[number];

export const jobSchemas = {
  bodypart: BodyPartJob,
  fracture: FractureJob,
  reclassify: ReclassifyJob,
  reexamine: ReexamineJob,
  webhook: WebhookJob,
} as const;

/** The derived id of a film's job: adding the same job twice is adding it once. */
export function filmJobId(analysisId: string, film: number, stage: FilmJobKind): string {
  return `${analysisId}-${film}-${stage}`;
}

export function rereadJobId(analysisId: string, kind: RereadKind): string {
  return `${analysisId}-${kind}`;
}

/** The derived id of a delivery: its job's, and its markers' names. */
export function deliveryName({ event, webhook }: { event: string; webhook?: string }): string {
  return `${event}-webhook-${webhook ?? "callback"}`;
}
