import { type JobKind, type Jobs, jobSchemas, schemaVersion } from "../contracts/index.js";
import { DelayedError, type Job, UnrecoverableError } from "../libraries/redis.js";
import { Compile } from "../libraries/typebox.js";
import { type ProblemCode, ProblemError, toProblem } from "../problems/index.js";
import type { RedisConnection } from "../redis/index.js";
import { contextOf, inSpan, SpanKind } from "../telemetry/index.js";
import type { Processor, ProcessorOptions } from "./processor.js";
import { more, outageLasted, putOff } from "./put-off.js";

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

/** A try in the trace that the job carries. */
export function traceAttempt(
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
