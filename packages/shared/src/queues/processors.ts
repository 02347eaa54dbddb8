import { type JobKind, type Jobs, jobSchemas, schemaVersion } from "../contracts/index.js";
import { DelayedError, type Job, ReplyError, UnrecoverableError, Worker } from "../libraries/redis.js";
import { Compile } from "../libraries/typebox.js";
import { type ProblemCode, ProblemError, toProblem } from "../problems/index.js";
import { contextOf, inContext, inSpan, SpanKind } from "../telemetry/index.js";
import type { RedisConnection } from "./connection.js";
import { queuePrefix } from "./open-queue.js";
import { more, outageLasted, putOff } from "./put-off.js";
import { Solitude } from "./solitude.js";

/** One try of a job, as a processor sees it. */
export interface Attempt<K extends JobKind> {
  readonly id: string;
  readonly data: Jobs[K];
  /** 1 for the first try. */
  readonly number: number;
  /** Whether no further try would follow a failure. */
  readonly last: boolean;
  /** Hands the job back for some time without counting the try. It always throws: nothing may follow it. */
  postpone(milliseconds: number): Promise<never>;
}

/** What does the work of one kind of job. It throws a ProblemError to be tried again, or to fail where that is `retryable: false`. */
export interface Processor<K extends JobKind = JobKind> {
  readonly kind: K;
  process(attempt: Attempt<K>): Promise<void>;
  /**
   * Called once where a job failed for good, also where its worker died under it each time. Must be idempotent. False where
   * what it was for had ended well before: then the job is none that failed, and goes.
   */
  failed(data: Jobs[K], problem: ProblemError): Promise<boolean>;
  /** Milliseconds before the try after the given one; only for kinds whose backoff is their own. */
  backoff?(attempt: number, error: ProblemError): number;
}

export interface ProcessorOptions {
  concurrency: number;
  /** Milliseconds after which a silent worker loses its job. */
  lockMs: number;
  onError(error: unknown): void;
  /** Told where it takes no job any more, for good: its process must not seem ready. */
  onDied(error: unknown): void;
  /** Told how long a job had waited when its first try began, for metrics. */
  onBegun?(kind: JobKind, waitedSeconds: number): void;
  /** Told of each failed try that is not the last: of the last its processor is told. */
  onRetried?(retried: { kind: JobKind; jobId: string; code: ProblemCode; attempt: number }): void;
  /** Told of each try's end, for metrics. */
  onDone?(kind: JobKind, outcome: "done" | "retried" | "failed", seconds: number): void;
  /** One for all processors of a process. */
  solitude?: Solitude;
}

type AttemptOptions = ProcessorOptions & { redis: RedisConnection };

/** Compiled once: each try of a job is checked. */
const checks: Readonly<Record<JobKind, { Check(data: unknown): boolean }>> = {
  bodypart: Compile(jobSchemas.bodypart),
  fracture: Compile(jobSchemas.fracture),
  reclassify: Compile(jobSchemas.reclassify),
  reexamine: Compile(jobSchemas.reexamine),
  webhook: Compile(jobSchemas.webhook),
};

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

/**
 * What is no fault of the job: it waits until it is over, and that counts as no try. A job that has met it for so many
 * milliseconds fails after all, so that nothing waits for ever.
 */
const outages: Partial<Record<ProblemCode, number>> = {
  "store-unavailable": 24 * 3_600_000,
  "queue-unavailable": 24 * 3_600_000,
  "record-too-new": 24 * 3_600_000,
  // Nothing runs here at present: another worker's may, or this one's again.
  "engine-unavailable": 24 * 3_600_000,
  // This worker has no such model: while models are put in place, another may.
  "model-missing": 60_000,
};

/** Milliseconds that a job stays away that nobody can do now. */
const outageWaitMs = 2_000;
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
            .eval(exonerate, 1, `${queuePrefix}:${processor.kind}:${job.id}`)
            .catch(options.onError);
      }
    };
    this.#worker = new Worker(processor.kind, work, {
      connection,
      prefix: queuePrefix,
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

/** @throws Error at start-up where a kind has no processor or two. */
export function checkProcessors(kinds: readonly JobKind[], processors: readonly Processor[]): void {
  for (const kind of kinds) {
    const found = processors.filter((processor) => processor.kind === kind).length;
    if (found !== 1) throw new Error(`the job kind "${kind}" needs one processor and has ${found}`);
  }
  const stray = processors.find((processor) => !kinds.includes(processor.kind));
  if (stray !== undefined) throw new Error(`no queue is named for the processor of "${stray.kind}"`);
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

/** A try in the trace that the job carries. */
function traceAttempt(
  processor: Processor,
  job: Job,
  token: string | undefined,
  options: AttemptOptions,
): Promise<void> {
  const { kind } = processor;
  if (job.attemptsMade === 0 && job.attemptsStarted <= 1)
    options.onBegun?.(kind, Math.max(0, (job.processedOn ?? Date.now()) - job.timestamp) / 1000);
  const { analysisId, event, film } = job.data as Partial<Jobs["bodypart"] & Jobs["webhook"]>;
  const attributes = {
    "messaging.system": "bullmq",
    "messaging.destination.name": kind,
    "messaging.message.id": job.id,
    "osteon.analysis.id": analysisId ?? event,
    "osteon.film": film,
    "osteon.attempt": job.attemptsMade + 1,
  };
  const span = { kind: SpanKind.CONSUMER, attributes, parent: contextOf(job.data as object) };
  return inSpan(`process ${kind}`, span, () => runAttempt(processor, job, token, options));
}

async function runAttempt(
  processor: Processor,
  job: Job,
  token: string | undefined,
  options: AttemptOptions,
): Promise<void> {
  const began = performance.now();
  const done = (outcome: "done" | "retried" | "failed") =>
    options.onDone?.(processor.kind, outcome, (performance.now() - began) / 1000);
  const number = job.attemptsMade + 1;
  const last = number >= (job.opts.attempts ?? 1);
  try {
    if (Number(job.data?.v) > schemaVersion) throw new ProblemError("record-too-new");
    if (!checks[processor.kind].Check(job.data)) {
      throw new UnrecoverableError(`job of kind ${processor.kind} does not match its schema`);
    }
    await processor.process({
      id: job.id ?? "",
      data: job.data,
      number,
      last,
      postpone: async (milliseconds) => {
        await putOff(job, token, milliseconds, options.onError);
        throw new DelayedError();
      },
    });
    done("done");
  } catch (error) {
    if (error instanceof DelayedError) throw error;
    const problem = toProblem(error, "processing-failed");
    const longest = outages[problem.code];
    if (longest !== undefined) {
      options.onError(problem);
      if ((await outageLasted(job, problem.code, options.redis, options.onError)) < longest) {
        done("retried");
        await putOff(job, token, more(outageWaitMs), options.onError);
        throw new DelayedError();
      }
    }
    const final = last || !problem.retryable || error instanceof UnrecoverableError;
    done(final ? "failed" : "retried");
    if (final) throw Object.assign(new UnrecoverableError(problem.message), { cause: problem });
    options.onRetried?.({ kind: processor.kind, jobId: job.id ?? "", code: problem.code, attempt: number });
    throw problem;
  }
}
