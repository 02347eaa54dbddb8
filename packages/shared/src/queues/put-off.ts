import { setTimeout as pause } from "node:timers/promises";
import type { Job } from "../libraries/redis.js";
import type { ProblemCode } from "../problems/index.js";
import { type RedisConnection, redisNow } from "../redis/index.js";

/** Milliseconds between two tries where Redis takes nothing. */
const againMs = 1_000;
/**
 * An outage that a job has not met for so many milliseconds is over: the next is another one. In a long queue it waits for its turn
 * well beyond the seconds for which it is put off.
 */
const overMs = 3_600_000;

/** A job's progress. `since` and `last` are when it first and last met what keeps it, by the clock of Redis. */
interface Outage {
  outage: ProblemCode;
  since: number;
  /** Not there where a worker of before wrote it, by its own clock. */
  last?: number;
}

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

/**
 * Milliseconds since a job first met what keeps it; kept with it, for the time that it waited before is no outage. Workers' clocks
 * differ, so the time is Redis's.
 */
export function outageLasted(
  job: Job,
  code: ProblemCode,
  redis: RedisConnection,
  onError: Told,
): Promise<number> {
  return untilTaken(async () => {
    const now = await redisNow(redis);
    const { outage, since = now, last } = job.progress as Partial<Outage>;
    const goesOn = outage === code && last !== undefined && now - last <= overMs;
    const met: Outage = { outage: code, since: goesOn ? since : now, last: now };
    await job.updateProgress(met);
    return now - met.since;
  }, onError);
}

async function untilTaken<T>(step: () => Promise<T>, onError: Told): Promise<T> {
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
