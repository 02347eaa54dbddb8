import type { JobKind } from "../contracts/index.js";
import { DelayedError, type Job, ReplyError, UnrecoverableError, Worker } from "../libraries/redis.js";
import { ProblemError, toProblem } from "../problems/index.js";
import { type RedisConnection, redisPrefix } from "../redis/index.js";
import { contextOf, inContext } from "../telemetry/index.js";
import { traceAttempt } from "./attempt.js";
import type { Processor, ProcessorOptions } from "./processor.js";
import { more, putOff } from "./put-off.js";
import { Solitude } from "./solitude.js";

/**
 * A job whose worker died this often is poison and fails. A delivery harms no worker: where its worker dies, it is never to
 * blame.
 */
const mostStalls: Record<JobKind, number> = {
  bodypart: 3,
  fracture: 3,
  reclassify: 3,
  reexamine: 3,
  webhook: 1000,
};

/** Milliseconds that a worker leaves Redis alone that answers with errors. */
const restMs = 1_000;
/** While another has the process to itself. */
const solitudeWaitMs = 250;

/** A job that was begun so often is not excused any more: one that outruns its lock each time must end, too. */
const mostExcused = 16;

/** Takes one death back that BullMQ has counted, unless the job is gone. */
const exonerate = `
  local deaths = tonumber(redis.call("HGET", KEYS[1], "stc") or "0")
  if deaths > 0 then redis.call("HINCRBY", KEYS[1], "stc", -1) end`;

/** Runs one processor over its queue until closed. */
export class RunningProcessor {
  readonly #worker: Worker;
  /** Jobs in hand whose lock ran out, so that another may have them: their worker was paused, or cut off, but lives. */
  readonly #outrun = new Set<string>();
  readonly #onError: ProcessorOptions["onError"];
  readonly #onDied: ProcessorOptions["onDied"];
  #resting: NodeJS.Timeout | undefined;

  constructor(processor: Processor, connection: RedisConnection, options: ProcessorOptions) {
    const { concurrency, solitude = new Solitude() } = options;
    this.#onError = options.onError;
    this.#onDied = options.onDied;
    const work = async (job: Job, token: string | undefined) => {
      const suspect = job.stalledCounter > 0 && processor.kind !== "webhook";
      try {
        const ran = await solitude.run(suspect, () =>
          traceAttempt(processor, job, token, { ...options, redis: connection }),
        );
        if (ran) return;
        await putOff(job, token, more(solitudeWaitMs), options.onError);
        throw new DelayedError();
      } finally {
        // BullMQ counts a lock that ran out as a death of the worker: who lived to see the end knows better.
        if (this.#outrun.delete(job.id ?? "") && job.attemptsStarted <= mostExcused)
          await connection
            .eval(exonerate, 1, `${redisPrefix}:${processor.kind}:${job.id}`)
            .catch(options.onError);
      }
    };
    this.#worker = new Worker(processor.kind, work, {
      connection,
      prefix: redisPrefix,
      autorun: false,
      concurrency,
      lockDuration: options.lockMs,
      stalledInterval: Math.max(500, options.lockMs / 2),
      maxStalledCount: mostStalls[processor.kind],
      // The time after which a worker asks again that met an error of Redis.
      runRetryDelay: 1_000,
      skipVersionCheck: true,
      settings: {
        backoffStrategy: (attempt, _type, error) =>
          processor.backoff?.(attempt, toProblem(error?.cause ?? error)) ?? 1000,
      },
    });
    solitude.join({
      narrow: (alone) => {
        this.#worker.concurrency = alone ? 1 : concurrency;
      },
    });
    this.#worker.on("error", (error) => {
      options.onError(error);
      if (error instanceof ReplyError) this.#rest();
    });
    this.#worker.on("lockRenewalFailed", (ids) => {
      for (const id of ids) this.#outrun.add(id);
    });
    this.#worker.on("failed", (job, error) => {
      if (job === undefined || !isFinal(job, error)) return;
      const problem = isLost(error.message)
        ? new ProblemError("worker-lost")
        : toProblem(error.cause ?? error, "processing-failed");
      inContext(contextOf(job.data), async () => {
        if (!(await processor.failed(job.data, problem))) await job.remove();
      }).catch(options.onError);
    });
  }

  async start(): Promise<void> {
    await this.#worker.waitUntilReady();
    this.#worker.run().catch((error: unknown) => {
      // What breaks off while it closes ends nothing that would go on.
      if (this.#worker.closing === undefined) this.#onDied(error);
      else this.#onError(error);
    });
  }

  /** Takes no more jobs, finishes those in hand, and closes. */
  async drain(): Promise<void> {
    clearTimeout(this.#resting);
    await this.#worker.close();
  }

  /**
   * Takes no job for a moment. Where Redis is up and refuses to write (too few replicas, a full disk), BullMQ asks again at
   * once, without end.
   */
  #rest(): void {
    if (this.#resting !== undefined) return;
    this.#worker.pause(true).catch(this.#onError);
    this.#resting = setTimeout(() => {
      this.#resting = undefined;
      this.#worker.resume().catch(this.#onError);
    }, restMs);
  }
}

function isFinal(job: Job, error: Error): boolean {
  return (
    error instanceof UnrecoverableError ||
    job.attemptsMade >= (job.opts.attempts ?? 1) ||
    job.finishedOn !== undefined
  );
}

/** What BullMQ says of a job that stalled too often. */
export function isLost(reason: string): boolean {
  return reason.includes("stalled more than allowable limit");
}
