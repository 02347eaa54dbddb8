import { DelayedError, type Job, UnrecoverableError, Worker } from "bullmq";
import type { Redis } from "ioredis";
import { Value } from "typebox/value";
import { type JobKind, type Jobs, jobSchemas } from "../contracts/index.js";
import { type ProblemError, toProblem } from "../problems/index.js";
import { queuePrefix } from "./producer.js";

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
  /** Called once where a job failed for good, also where its worker died under it each time. Must be idempotent. */
  failed(data: Jobs[K], problem: ProblemError): Promise<void>;
  /** Milliseconds before the try after the given one; only for kinds whose backoff is their own. */
  backoff?(attempt: number, error: ProblemError): number;
}

export interface ProcessorOptions {
  concurrency: number;
  /** Milliseconds after which a silent worker loses its job. */
  lockMs: number;
  onError(error: unknown): void;
  /** Told of each try's end, for metrics. */
  onDone?(kind: JobKind, outcome: "done" | "retried" | "failed", seconds: number): void;
}

/** A job whose worker died this often is poison and fails. */
const mostStalls = 3;

/** Runs one processor over its queue until closed. */
export class RunningProcessor {
  readonly #worker: Worker;

  constructor(processor: Processor, connection: Redis, options: ProcessorOptions) {
    this.#worker = new Worker(processor.kind, (job, token) => runAttempt(processor, job, token, options), {
      connection,
      prefix: queuePrefix,
      autorun: false,
      concurrency: options.concurrency,
      lockDuration: options.lockMs,
      stalledInterval: Math.max(500, options.lockMs / 2),
      maxStalledCount: mostStalls,
      skipVersionCheck: true,
      settings: {
        backoffStrategy: (attempt, _type, error) =>
          processor.backoff?.(attempt, toProblem(error?.cause ?? error)) ?? 1000,
      },
    });
    this.#worker.on("error", options.onError);
    this.#worker.on("failed", (job, error) => {
      if (job === undefined || !isFinal(job, error)) return;
      processor
        .failed(job.data, toProblem((error.cause as unknown) ?? error, "processing-failed"))
        .catch(options.onError);
    });
  }

  async start(): Promise<void> {
    await this.#worker.waitUntilReady();
    this.#worker.run().catch(() => undefined);
  }

  /** Takes no more jobs, finishes those in hand, and closes. */
  async drain(): Promise<void> {
    await this.#worker.close();
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

async function runAttempt(
  processor: Processor,
  job: Job,
  token: string | undefined,
  options: ProcessorOptions,
): Promise<void> {
  const began = performance.now();
  const done = (outcome: "done" | "retried" | "failed") =>
    options.onDone?.(processor.kind, outcome, (performance.now() - began) / 1000);
  const number = job.attemptsMade + 1;
  const last = number >= (job.opts.attempts ?? 1);
  try {
    if (!Value.Check(jobSchemas[processor.kind], job.data)) {
      throw new UnrecoverableError(`job of kind ${processor.kind} does not match its schema`);
    }
    const postpone = async (milliseconds: number): Promise<never> => {
      await job.moveToDelayed(Date.now() + milliseconds, token);
      throw new DelayedError();
    };
    await processor.process({ id: job.id ?? "", data: job.data, number, last, postpone });
    done("done");
  } catch (error) {
    if (error instanceof DelayedError) throw error;
    const problem = toProblem(error, "processing-failed");
    const final = last || !problem.retryable || error instanceof UnrecoverableError;
    done(final ? "failed" : "retried");
    if (final) throw Object.assign(new UnrecoverableError(problem.message), { cause: problem });
    throw problem;
  }
}
