import type { JobKind, Jobs } from "../contracts/index.js";
import type { ProblemCode, ProblemError } from "../problems/index.js";
import type { Solitude } from "./solitude.js";

/** One try of a job, as a processor sees it. */
export interface Attempt<K extends JobKind> {
  readonly id: string;
  readonly data: Jobs[K];
  /** 1 for the first try. */
  readonly number: number;
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

/** @throws Error at start-up where a kind has no processor or two. */
export function checkProcessors(kinds: readonly JobKind[], processors: readonly Processor[]): void {
  for (const kind of kinds) {
    const found = processors.filter((processor) => processor.kind === kind).length;
    if (found !== 1) throw new Error(`the job kind "${kind}" needs one processor and has ${found}`);
  }
  const stray = processors.find((processor) => !kinds.includes(processor.kind));
  if (stray !== undefined) throw new Error(`no queue is named for the processor of "${stray.kind}"`);
}
