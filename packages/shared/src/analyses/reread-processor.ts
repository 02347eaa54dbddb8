import type { Jobs, RereadKind } from "../contracts/index.js";
import type { ProblemError } from "../problems/index.js";
import type { Attempt, Processor } from "../queues/index.js";
import type { Logger } from "../telemetry/index.js";
import type { Ledger } from "./ledger.js";
import type { Rereading } from "./rereading.js";

export interface RereadProcessorParts {
  rereading: Rereading;
  ledger: Ledger;
  logger: Logger;
}

/** A step of reading an analysis again: what such steps share. */
export abstract class RereadProcessor<K extends RereadKind> implements Processor<K> {
  abstract readonly kind: K;
  protected readonly rereading: Rereading;
  protected readonly ledger: Ledger;
  protected readonly logger: Logger;

  constructor({ rereading, ledger, logger }: RereadProcessorParts) {
    this.rereading = rereading;
    this.ledger = ledger;
    this.logger = logger;
  }

  abstract process(attempt: Attempt<K>): Promise<void>;

  async failed({ tenant, analysisId }: Jobs[K], problem: ProblemError): Promise<boolean> {
    this.logger.warn({ analysisId, code: problem.code }, "analysis failed while read again");
    await this.rereading.failed({ tenant, id: analysisId }, problem);
    return true;
  }
}
