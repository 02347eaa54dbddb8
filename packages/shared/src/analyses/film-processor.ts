import type { Jobs } from "../contracts/index.js";
import type { ProblemError } from "../problems/index.js";
import type { Attempt, Processor } from "../queues/index.js";
import type { Logger, Metrics } from "../telemetry/index.js";
import type { Analyses } from "./analyses.js";

export interface FilmProcessorParts {
  analyses: Analyses;
  metrics: Metrics;
  logger: Logger;
}

/** A step of a film's way: what such steps share. A film that fails for good ends its own analysis, and no other. */
export abstract class FilmProcessor<K extends "bodypart" | "fracture"> implements Processor<K> {
  abstract readonly kind: K;
  protected readonly analyses: Analyses;
  protected readonly metrics: Metrics;
  readonly #logger: Logger;

  constructor({ analyses, metrics, logger }: FilmProcessorParts) {
    this.analyses = analyses;
    this.metrics = metrics;
    this.#logger = logger;
  }

  abstract process(attempt: Attempt<K>): Promise<void>;

  async failed({ tenant, analysisId, film }: Jobs[K], problem: ProblemError): Promise<boolean> {
    // Only of what nobody foresaw: what the rules name has its code.
    const err = problem.code === "processing-failed" ? problem.cause : undefined;
    this.#logger.warn(
      { analysisId, film, code: problem.code, ...(err === undefined ? {} : { err }) },
      "film failed",
    );
    return this.analyses.filmFailed({ tenant, id: analysisId }, film, problem);
  }
}
