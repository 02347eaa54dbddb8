/**
 * The shapes of the HTTP contract (v1). A test holds each to the schema that the gateway answers by. An answer may carry more
 * properties than are here: those that are here do not change.
 */

export type AnalysisStatus = "queued" | "processing" | "completed" | "failed" | "cancelled";
/** `analysed`, or why there is no fracture answer: no film that a model knows, or a region without a model. */
export type Outcome = "analysed" | "not-identified" | "unsupported-region";
/** An urgent film goes ahead of others; a key needs the scope `urgent` for it. */
export type Priority = "normal" | "urgent";
/** From two thresholds: below the sensitive one, between, from the specific one on. */
export type Certainty = "negative" | "doubtful" | "positive";
/** Regions with a fracture model. */
export type Bone = "elbow" | "hand" | "shoulder" | "leg" | "hip";

/** A place of a film, as fractions (0 to 1) of its width and height from its upper left corner. */
export interface Region {
  x: number;
  y: number;
  width: number;
  height: number;
  /** 0 to 1. */
  score: number;
}

export interface BodyPartSummary {
  /** A body part with a model, or `other` or `none`. */
  label: string;
  /** 0 to 1. */
  probability: number;
}

export interface BodyPart extends BodyPartSummary {
  /** Of each class, together 1. */
  probabilities: Record<string, number>;
}

export interface FractureSummary {
  /** At the balanced threshold. */
  label: "fractured" | "normal";
  /** Calibrated, where the model’s bundle is; 0 to 1. */
  probability: number;
  certainty: Certainty;
}

export interface Fracture extends FractureSummary {
  /** Absent where the model gives no heat map to take them from. */
  regions?: Region[];
}

export interface Thresholds {
  sensitive: number;
  balanced: number;
  specific: number;
}

/** An edition of a model: what a finding was made with, so that it can be made again. */
export interface ModelRef {
  name: string;
  version: string;
  /** Of the model file that answered, model.onnx or model.int8.onnx: `sha256:…`. */
  digest: string;
  /** Of model.json. */
  manifestDigest?: string;
  /** In force; of a fracture model. */
  thresholds?: Thresholds;
  /** In force; of the body-part model. */
  minimumProbability?: number;
}

/** Why an analysis or one of its films failed; `code` is one of the published problems. */
export interface AnalysisError {
  code: string;
  title: string;
  detail: string;
}

export interface Film {
  /** From 0, in the order the films were sent. */
  index: number;
  name?: string;
  /** What the content is, whatever the sender called it. */
  contentType: string;
  /** Of the bytes as they came, `sha256:…`. */
  digest: string;
  /** Of the original, its orientation applied, pixels. image.png may be smaller; films of old have its size, once it is there. */
  width?: number;
  height?: number;
  outcome?: Outcome;
  bodyPart?: BodyPart;
  fracture?: Fracture;
  error?: AnalysisError;
  models?: { bodyPart?: ModelRef; fracture?: ModelRef };
}

/** Milliseconds. Of several films the longest of each; `totalMs` is from acceptance to the end state. */
export interface Timings {
  queuedMs?: number;
  bodyPartMs?: number;
  fractureMs?: number;
  totalMs?: number;
}

/** One exam of 1 to 16 films, and the roll-up of what was found. */
export interface Analysis {
  id: string;
  status: AnalysisStatus;
  reference?: string;
  priority?: Priority;
  /** The failed analysis whose films an operator had examined again. */
  retryOf?: string;
  /** RFC 3339, as every time here. */
  createdAt: string;
  completedAt?: string;
  bodyPart?: BodyPartSummary;
  fracture?: FractureSummary;
  outcome?: Outcome;
  films: Film[];
  timings: Timings;
  error?: AnalysisError;
  /** Paths. */
  links: { self: string; events: string };
  disclaimer: "Research use only. Not a medical device.";
}

/** A page of a list, newest first. Without `nextCursor` it is the last. */
export interface Page<T> {
  data: T[];
  nextCursor?: string;
}

/** A model that workers have loaded. */
export interface LoadedModel extends ModelRef {
  task: "bodypart" | "fracture";
  bone?: string;
  title: string;
  engine: string;
  classes: string[];
  /** Whether the thresholds, or the minimum probability, are the bundle's own. */
  operatingPointsFrom: "bundle" | "configuration";
  /** Of the split it names: films, and each metric as {value, low, high}, a 95 % bootstrap interval. */
  metrics: Record<string, unknown>;
  data: Record<string, unknown>;
  licence: string;
  attribution: string[];
  /** Path of the model's card, Markdown. */
  card?: string;
}

/** What a worker said to a call to reload; `waiting` where it has not answered in time. */
export interface WorkerReload {
  worker: string;
  service: string;
  state: "answered" | "waiting";
  models: {
    name: string;
    /** A refused bundle changes nothing: the model that served goes on. */
    outcome: "loaded" | "unchanged" | "refused";
    model?: ModelRef;
    problem?: AnalysisError;
  }[];
}

/** Where a film may be put, past the gateway. */
export interface UploadAddress {
  /** Names the upload to a submission, within an hour. */
  id: string;
  method: "PUT";
  url: string;
  /** The PUT must carry them as they are. */
  headers: Record<string, string>;
  expiresAt: string;
}

export type EventType = "analysis.completed" | "analysis.failed" | "analysis.cancelled";

/** A registered receiver of a tenant's events. */
export interface WebhookEndpoint {
  id: string;
  url: string;
  description: string;
  events: EventType[];
  enabled: boolean;
  /** It said that it is gone (410), it failed for too long, or its owner asked. */
  disabled?: { reason: "gone" | "failing" | "asked"; at: string };
  /** First failed try since the last that succeeded. */
  failingSince?: string;
  createdAt: string;
  updatedAt: string;
}

/** `failed`: given up, until it is asked for again. */
export type DeliveryStatus = "pending" | "delivered" | "failed";

export interface DeliveryAttempt {
  at: string;
  delivered: boolean;
  milliseconds: number;
  /** HTTP status of the answer, if there was one. */
  status?: number;
  reason?: string;
  /** Beginning of the answer's body. */
  answer?: string;
}

/** One event on its way to one receiver. */
export interface WebhookDelivery {
  /** The `webhook-id`: the event's, the same at every receiver. */
  id: string;
  type: EventType | "webhook.test";
  /** The endpoint; absent for the analysis's callbackUrl. */
  webhook?: string;
  analysis?: string;
  status: DeliveryStatus;
  createdAt: string;
  nextAttemptAt?: string;
  reason?: string;
  /** The last 25, oldest first. */
  attempts: DeliveryAttempt[];
}

/** Body of a webhook: the end of an analysis. */
export interface WebhookEvent {
  type: EventType;
  timestamp: string;
  data: Analysis;
}

/** Body of the event that an endpoint is sent to try it; it never looks like a finding. */
export interface WebhookTestEvent {
  type: "webhook.test";
  timestamp: string;
  data: { webhook: string };
}

/** An RFC 9457 problem. */
export interface Problem {
  /** `/problems/<code>` */
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  instance?: string;
  requestId: string;
  /** Each value that breaks a rule; `pointer` is a JSON pointer. */
  errors?: { detail: string; pointer: string }[];
}

/** Whether nothing more will change. */
export function isEnded(analysis: Pick<Analysis, "status">): boolean {
  return ["completed", "failed", "cancelled"].includes(analysis.status);
}
