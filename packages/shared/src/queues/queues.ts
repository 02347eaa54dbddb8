import {
  type FilmJobKind,
  filmJobKinds,
  type JobKind,
  type Jobs,
  jobKinds,
  type Priority,
} from "../contracts/index.js";
import type { JobsOptions, Queue } from "../libraries/redis.js";
import { type RedisConnection, redisGuarded, redisPrefix } from "../redis/index.js";
import { carrierOfActive, inSpan, isTraced, SpanKind } from "../telemetry/index.js";
import { FairShare } from "./fair-share.js";
import { openQueue } from "./open-queue.js";

/** What BullMQ knows of a job by its id; `unknown` where it knows nothing. */
export type JobState = "pending" | "failed" | "unknown";

const filmTries: JobsOptions = {
  attempts: 4,
  backoff: { type: "exponential", delay: 500, jitter: 0.5 },
  // What is done is told by the ledger; a failed job stays a while as a dead letter.
  removeOnComplete: true,
  removeOnFail: { age: 7 * 24 * 3600, count: 10_000 },
};

/** How often and how far apart each kind is tried; of deliveries only what goes wrong in the worker itself. */
const tries: Record<JobKind, JobsOptions> = {
  bodypart: filmTries,
  fracture: filmTries,
  reclassify: filmTries,
  reexamine: filmTries,
  // A try that the receiver did not take is put off, which counts as none here: the schedule is the worker's (retry-schedule.ts), the
  // count the record's `tries`. As many again are for what the worker meets of its own.
  webhook: { ...filmTries, attempts: 17, backoff: { type: "delivery" } },
};

/** Longer than a delivery ever waits for its next try: half a day, up to a fifth more, and what good clocks differ by. */
export const longestDeliveryWaitMs = 15 * 3_600_000;
/** Longer than a film ever waits for its next try. */
const longestFilmWaitMs = 60_000;
/** BullMQ's score of a delayed job is the time it is due, milliseconds, times this, and a counter. */
const delayedScale = 0x1000;
/** Jobs looked up in one go. */
const mostHastened = 1_000;

export interface NewJob<K extends JobKind> {
  id: string;
  data: Jobs[K];
}

/**
 * The queues of all kinds of jobs: adds to them, and looks into them. Adding an id that is known is no error and changes
 * nothing. Films wait in the order that shares their queue fairly among the tenants; so they are BullMQ's `prioritized`
 * jobs, not its `waiting` ones.
 */
export class Queues {
  readonly #queues: { readonly [K in JobKind]: Queue };
  readonly #redis: RedisConnection;
  readonly #shares: { readonly [K in FilmJobKind]: FairShare };

  constructor(connection: RedisConnection) {
    this.#redis = connection;
    const open = (name: JobKind) => openQueue(name, connection);
    this.#queues = {
      bodypart: open("bodypart"),
      fracture: open("fracture"),
      reclassify: open("reclassify"),
      reexamine: open("reexamine"),
      webhook: open("webhook"),
    };
    const share = (kind: FilmJobKind) => new FairShare(connection, `${redisPrefix}:${kind}`);
    this.#shares = { bodypart: share("bodypart"), fracture: share("fracture") };
  }

  /**
   * Adds jobs of one kind, in their order; where they are films, of one tenant.
   * @throws ProblemError `queue-unavailable`
   */
  async add<K extends JobKind>(kind: K, ...jobs: NewJob<K>[]): Promise<void> {
    const [first] = jobs;
    if (first === undefined) return;
    if (!isTraced()) return this.#add(kind, first, jobs);
    const attributes = { "messaging.system": "bullmq", "messaging.destination.name": kind };
    return inSpan(`publish ${kind}`, { kind: SpanKind.PRODUCER, attributes }, () =>
      this.#add(kind, first, jobs),
    );
  }

  async #add<K extends JobKind>(kind: K, first: NewJob<K>, jobs: readonly NewJob<K>[]): Promise<void> {
    // A job that is added again outside of its trace keeps what it carried.
    const carrier = carrierOfActive();
    await redisGuarded(async () => {
      const places = await this.#places(kind, first.data, jobs);
      const added = jobs.map((job, at) => ({
        name: kind,
        data: { ...job.data, ...carrier },
        opts: {
          ...tries[kind],
          jobId: job.id,
          ...(places === undefined ? {} : { priority: places[at] ?? 1 }),
        },
      }));
      const [only] = added;
      if (added.length === 1 && only !== undefined) await this.#queues[kind].add(kind, only.data, only.opts);
      else await this.#queues[kind].addBulk(added);
    });
  }

  /** BullMQ priorities of a tenant's films; of other jobs none: they wait in the order of their coming. */
  async #places(
    kind: JobKind,
    data: Jobs[JobKind],
    jobs: readonly { id: string }[],
  ): Promise<number[] | undefined> {
    if (!isFilmJobKind(kind) || !("film" in data)) return undefined;
    const ids = jobs.map(({ id }) => id);
    return this.#shares[kind].place(data.tenant, data.priority ?? "normal", ids);
  }

  /** Films that wait in both film queues, by tenant: those that have some. */
  async waiting(): Promise<Map<string, number>> {
    const sum = new Map<string, number>();
    await redisGuarded(async () => {
      for (const waiting of await Promise.all(filmJobKinds.map((kind) => this.#shares[kind].waiting())))
        for (const [tenant, films] of waiting) sum.set(tenant, (sum.get(tenant) ?? 0) + films);
    });
    return sum;
  }

  async state(kind: JobKind, id: string): Promise<JobState> {
    return redisGuarded(async () => {
      const state = await this.#queues[kind].getJobState(id);
      if (state === "unknown") return "unknown";
      return state === "failed" ? "failed" : "pending";
    });
  }

  /**
   * Lets jobs go on that were put off for longer than we ever put one off: the clock of the worker that did it was wrong.
   * @returns how many
   */
  async hasten(kind: JobKind, now: number): Promise<number> {
    return redisGuarded(async () => {
      const longestMs = kind === "webhook" ? longestDeliveryWaitMs : longestFilmWaitMs;
      const latest = (now + longestMs) * delayedScale;
      const delayed = `${redisPrefix}:${kind}:delayed`;
      const late = await this.#redis.zrange(
        delayed,
        `(${latest}`,
        "+inf",
        "BYSCORE",
        "LIMIT",
        0,
        mostHastened,
      );
      for (const id of late) await (await this.#queues[kind].getJob(id))?.promote();
      return late.length;
    });
  }

  /** Why a failed job failed, as its last error said. */
  async failedReason(kind: JobKind, id: string): Promise<string | undefined> {
    return redisGuarded(async () => (await this.#queues[kind].getJob(id))?.failedReason);
  }

  /**
   * Takes a job out, whatever its state; one that is being worked on stays, and ends without effect.
   * @param film whose film it was: where it waited, its place in the queue goes to the tenant's next
   * @returns false where it stays
   */
  async remove(kind: JobKind, id: string, film?: { tenant: string; priority?: Priority }): Promise<boolean> {
    return redisGuarded(async () => {
      const queue = this.#queues[kind];
      const state = await queue.getJobState(id);
      const removed = await queue.remove(id).catch((error: unknown) => {
        if (!(error instanceof Error && error.message.includes("locked"))) throw error;
        return 0;
      });
      if (removed === 0) return state === "unknown";
      if (film !== undefined && isFilmJobKind(kind) && state === "prioritized")
        await this.#shares[kind].giveBack(film.tenant, film.priority ?? "normal", 1);
      return true;
    });
  }

  /** Jobs by state, a queue each. */
  async counts(): Promise<Record<JobKind, Record<string, number>>> {
    return redisGuarded(async () => {
      const states = ["waiting", "prioritized", "active", "delayed", "failed"] as const;
      const counts = await Promise.all(jobKinds.map((kind) => this.#queues[kind].getJobCounts(...states)));
      return Object.fromEntries(jobKinds.map((kind, at) => [kind, counts[at] ?? {}])) as Record<
        JobKind,
        Record<string, number>
      >;
    });
  }

  /** Milliseconds for which the next job of each queue has waited; absent where none waits. */
  async headAges(): Promise<Partial<Record<JobKind, number>>> {
    return redisGuarded(async () => {
      const heads = await Promise.all(
        jobKinds.map((kind) => this.#queues[kind].getJobs(["prioritized", "waiting"], 0, 0, true)),
      );
      const now = Date.now();
      return Object.fromEntries(
        jobKinds.flatMap((kind, at) => {
          const waits = (heads[at] ?? []).map((job) => now - job.timestamp);
          return waits.length === 0 ? [] : [[kind, Math.max(0, ...waits)]];
        }),
      );
    });
  }

  /** Processes that take jobs of each kind. */
  async workers(): Promise<Record<JobKind, number>> {
    return redisGuarded(async () => {
      const counts = await Promise.all(jobKinds.map((kind) => this.#queues[kind].getWorkersCount()));
      return Object.fromEntries(jobKinds.map((kind, at) => [kind, counts[at] ?? 0])) as Record<
        JobKind,
        number
      >;
    });
  }

  async close(): Promise<void> {
    await Promise.allSettled(jobKinds.map((kind) => this.#queues[kind].close()));
  }
}

function isFilmJobKind(kind: JobKind): kind is FilmJobKind {
  return filmJobKinds.some((each) => each === kind);
}
