import { type JobsOptions, Queue } from "bullmq";
import type { Redis } from "ioredis";
import { type JobKind, type Jobs, jobKinds } from "../contracts/index.js";
import { ProblemError } from "../problems/index.js";

/** Every key of ours in Redis begins with it. Braces keep a queue's keys in one slot of a cluster. */
export const queuePrefix = "{osteon}";

/** What BullMQ knows of a job by its id; `unknown` where it knows nothing. */
export type JobState = "pending" | "failed" | "unknown";

const filmTries: JobsOptions = {
  attempts: 4,
  backoff: { type: "exponential", delay: 500, jitter: 0.5 },
  // What is done is told by the ledger; a failed job stays a while as a dead letter.
  removeOnComplete: true,
  removeOnFail: { age: 7 * 24 * 3600, count: 10_000 },
};

/** How often and how far apart each kind is tried. */
const tries: Record<JobKind, JobsOptions> = {
  bodypart: filmTries,
  fracture: filmTries,
  reclassify: filmTries,
  reexamine: filmTries,
  // 17 tries, 5 s apart at first and 12 h at most, reach over three days; the worker computes each wait.
  webhook: { ...filmTries, attempts: 17, backoff: { type: "delivery" } },
};

export interface NewJob<K extends JobKind> {
  id: string;
  data: Jobs[K];
}

/** Adds jobs to the queues. Adding an id that is known is no error and changes nothing. */
export class Producer {
  readonly #queues: { readonly [K in JobKind]: Queue };

  constructor(connection: Redis) {
    const open = (name: JobKind): Queue => {
      const queue = new Queue(name, {
        connection,
        prefix: queuePrefix,
        skipVersionCheck: true,
        skipMetasUpdate: true,
        streams: { events: { maxLen: 100 } },
      });
      queue.on("error", () => undefined);
      return queue;
    };
    this.#queues = {
      bodypart: open("bodypart"),
      fracture: open("fracture"),
      reclassify: open("reclassify"),
      reexamine: open("reexamine"),
      webhook: open("webhook"),
    };
  }

  /** @throws ProblemError `queue-unavailable` */
  async add<K extends JobKind>(kind: K, ...jobs: NewJob<K>[]): Promise<void> {
    const options = tries[kind];
    await this.#guarded(async () => {
      const [first] = jobs;
      if (jobs.length === 1 && first !== undefined) {
        await this.#queues[kind].add(kind, first.data, { ...options, jobId: first.id });
        return;
      }
      await this.#queues[kind].addBulk(
        jobs.map((job) => ({ name: kind, data: job.data, opts: { ...options, jobId: job.id } })),
      );
    });
  }

  async state(kind: JobKind, id: string): Promise<JobState> {
    return this.#guarded(async () => {
      const state = await this.#queues[kind].getJobState(id);
      if (state === "unknown") return "unknown";
      return state === "failed" ? "failed" : "pending";
    });
  }

  /** Why a failed job failed, as its last error said. */
  async failedReason(kind: JobKind, id: string): Promise<string | undefined> {
    return this.#guarded(async () => (await this.#queues[kind].getJob(id))?.failedReason);
  }

  /** Takes a job out, whatever its state; one that is being worked on stays, and ends without effect. */
  async remove(kind: JobKind, id: string): Promise<void> {
    await this.#guarded(async () => {
      await this.#queues[kind].remove(id).catch((error: unknown) => {
        if (!(error instanceof Error && error.message.includes("locked"))) throw error;
      });
    });
  }

  /** Jobs by state, a queue each. */
  async counts(): Promise<Record<JobKind, Record<string, number>>> {
    return this.#guarded(async () => {
      const states = ["waiting", "prioritized", "active", "delayed", "failed"] as const;
      const counts = await Promise.all(jobKinds.map((kind) => this.#queues[kind].getJobCounts(...states)));
      return Object.fromEntries(jobKinds.map((kind, at) => [kind, counts[at] ?? {}])) as Record<
        JobKind,
        Record<string, number>
      >;
    });
  }

  async close(): Promise<void> {
    await Promise.allSettled(jobKinds.map((kind) => this.#queues[kind].close()));
  }

  async #guarded<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      throw new ProblemError("queue-unavailable", undefined, { cause: error });
    }
  }
}
