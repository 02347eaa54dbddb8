import { call } from "./osteon.js";

export type JobKind = "bodypart" | "fracture" | "reclassify" | "reexamine" | "webhook";

/** Queues, workers and throughput as they stand. */
export interface Overview {
  at: string;
  films: { backlog: number; ended: number; perSecond?: number };
  queues: {
    kind: JobKind;
    waiting: number;
    active: number;
    delayed: number;
    failed: number;
    workers: number;
  }[];
  workers: {
    id: string;
    service: string;
    seenAt: string;
    models: { name: string; version: string; engine: string }[];
  }[];
}

/** Work that was given up: an analysis that failed, or a delivery that nobody took. */
export interface DeadLetter {
  id: string;
  kind: "analysis" | "delivery";
  tenant: string;
  analysis: string;
  at: string;
  code?: string;
  reason: string;
}

export function getOverview(signal: AbortSignal): Promise<Overview> {
  return call("/v1/operate", { signal });
}

export function listDeadLetters(signal: AbortSignal): Promise<{ data: DeadLetter[]; more: boolean }> {
  return call("/v1/dead-letters", { signal });
}

/** Examines a failed analysis's films again, or makes a delivery again. */
export async function retryDeadLetter(id: string): Promise<void> {
  await call(`/v1/dead-letters/${encodeURIComponent(id)}/retry`, { method: "POST" });
}
