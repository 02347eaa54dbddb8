import { setTimeout as pause } from "node:timers/promises";
import type { Job } from "../libraries/redis.js";
import type { ProblemCode } from "../problems/index.js";

/** Milliseconds between two tries where Redis takes nothing. */
const againMs = 1_000;

type Told = (error: unknown) => void;

/** A time, or up to twice that: jobs that were put off together need not come back so. */
export const more = (milliseconds: number): number => milliseconds * (1 + Math.random());

/**
 * Puts a job off for some time without counting a try. Where Redis cannot take that, for want of memory say, the job stays in hand until
 * it can: given back as failed it would lose a try.
 */
export function putOff(
  job: Job,
  token: string | undefined,
  milliseconds: number,
  onError: Told,
): Promise<void> {
  return untilTaken(() => job.moveToDelayed(Date.now() + milliseconds, token), onError);
}

/** Milliseconds since the epoch when the job first met what keeps it; kept with it, for the time that it waited before is no outage. */
export async function outageBegan(job: Job, code: ProblemCode, onError: Told): Promise<number> {
  const met = job.progress as { outage?: ProblemCode; since?: number };
  if (met.outage === code && met.since !== undefined) return met.since;
  const since = Date.now();
  await untilTaken(() => job.updateProgress({ outage: code, since }), onError);
  return since;
}

async function untilTaken(step: () => Promise<void>, onError: Told): Promise<void> {
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (isNoLongerOurs(error)) throw error;
      onError(error);
      await pause(againMs);
    }
  }
}

/** BullMQ's own refusals have numbers: of a job that is gone, or that another worker has by now. */
function isNoLongerOurs(error: unknown): boolean {
  return typeof (error as { code?: unknown }).code === "number";
}
