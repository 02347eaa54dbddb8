import { type Analyses, type AnalysisRef, isAnalysisId } from "../analyses/index.js";
import { timeOfId } from "../analyses/keys.js";
import type { Marker } from "../analyses/markers.js";
import {
  type AnalysisRequest,
  type DeadLetter,
  plainVersion,
  type RetriedLetter,
} from "../contracts/index.js";
import { uuidv7 } from "../libraries/uuid.js";
import { ProblemError, toProblem } from "../problems/index.js";
import { inSlices } from "../storage/index.js";
import { type DeliveryRef, refOfName } from "../webhooks/index.js";

/** Most dead letters of one page. */
export const deadLettersPageSize = 100;

export interface DeadLetterFilter {
  /** The id of the one behind which the list goes on. @see isDeadLetterId */
  after?: string;
  kind?: DeadLetter["kind"];
}

/**
 * Everything that was given up, of all tenants, for whoever operates the system: failed analyses and deliveries that nobody
 * took. Both can be tried again once what was wrong is mended.
 */
export class DeadLetters {
  readonly #analyses: Analyses;
  readonly #now: () => number;

  constructor(analyses: Analyses, now: () => number = Date.now) {
    this.#analyses = analyses;
    this.#now = now;
  }

  /** Oldest first, failed analyses before deliveries. */
  async *list({ after, kind }: DeadLetterFilter = {}): AsyncGenerator<DeadLetter> {
    const amongDeliveries = after !== undefined && !isAnalysisId(after);
    if (kind !== "delivery" && !amongDeliveries) yield* this.#analysesAfter(after);
    if (kind !== "analysis") yield* this.#deliveriesAfter(amongDeliveries ? after : undefined);
  }

  async *#analysesAfter(after: string | undefined): AsyncGenerator<DeadLetter> {
    const { ledger } = this.#analyses;
    for await (const id of ledger.failed.ids(after)) {
      const marker = await ledger.failed.get(id);
      if (marker !== undefined) yield await this.#failed({ tenant: marker.tenant, id });
    }
  }

  async *#deliveriesAfter(after: string | undefined): AsyncGenerator<DeadLetter> {
    const { deliveries } = this.#analyses.ledger;
    for await (const { name, ref, record, problem } of deliveries.deadLetters(after)) {
      const at = record?.createdAt ?? new Date(timeOfId(ref.event)).toISOString();
      const reason = record?.reason ?? problem?.message ?? "";
      yield { id: name, kind: "delivery", tenant: ref.tenant, analysis: ref.event, at, reason };
    }
  }

  /**
   * Tries a dead letter again. A failed analysis stays as its client was told; a new one, with the same films and fields, comes
   * in its place. A delivery is made again under its own id. Trying one twice is trying it once.
   *
   * @throws ProblemError `dead-letter-not-found`; `film-altered`, `film-lost` and `record-damaged` where its films are not what
   *   they were
   */
  async retry(id: string): Promise<RetriedLetter> {
    if (isAnalysisId(id)) return { id, analysis: await this.#examineAgain(id) };
    const ref = await this.#delivery(id);
    if (ref === undefined) throw new ProblemError("dead-letter-not-found");
    await this.#analyses.dispatch.redeliver(ref);
    return { id, analysis: ref.event };
  }

  async #failed(ref: AnalysisRef): Promise<DeadLetter> {
    const at = new Date(timeOfId(ref.id)).toISOString();
    const letter = { id: ref.id, kind: "analysis" as const, tenant: ref.tenant, analysis: ref.id, at };
    try {
      const end = await this.#analyses.ledger.result(ref);
      const { code, detail } = end?.error ?? { code: "processing-failed", detail: "" };
      return { ...letter, at: end?.createdAt ?? at, code, reason: detail };
    } catch (error) {
      const { code, detail } = toProblem(error);
      return { ...letter, code, reason: detail };
    }
  }

  async #examineAgain(id: string): Promise<string> {
    const { ledger } = this.#analyses;
    const marker = await ledger.failed.get(id);
    if (marker === undefined) throw new ProblemError("dead-letter-not-found");
    const { tenant } = marker;
    const retriedAs = (await this.#begun(marker)) ?? uuidv7();
    const request = await ledger.request({ tenant, id });
    if (request === undefined) throw new ProblemError("dead-letter-not-found");
    // The new id stands in the store before the new analysis does: whoever comes after a crash goes on with the same.
    if (marker.retriedAs !== retriedAs) await ledger.failed.set({ tenant, id, retriedAs });
    if ((await ledger.request({ tenant, id: retriedAs })) === undefined)
      await this.#accept(request, retriedAs);
    await ledger.failed.remove(id);
    return retriedAs;
  }

  /** The analysis of a try before. Not one that was taken back: workers would take it for erased, whatever is put there now. */
  async #begun({ retriedAs }: Marker): Promise<string | undefined> {
    if (retriedAs === undefined || (await this.#analyses.isErased(retriedAs))) return undefined;
    return retriedAs;
  }

  async #accept(failed: AnalysisRequest, id: string): Promise<void> {
    const { ledger } = this.#analyses;
    const request: AnalysisRequest = {
      ...failed,
      v: plainVersion,
      id,
      createdAt: new Date(this.#now()).toISOString(),
      retryOf: failed.id,
    };
    try {
      // As a stream: S3 signs a body that it is given whole by hashing it in one step.
      for (const film of failed.films)
        await ledger.stage(request, film.index, inSlices(await ledger.writtenOriginal(failed, film)));
    } catch (error) {
      await ledger.withdraw(request, error);
      throw error;
    }
    await this.#analyses.accept(
      request,
      failed.films.map(() => undefined),
    );
  }

  async #delivery(name: string): Promise<DeliveryRef | undefined> {
    if (!isDeadLetterId(name)) return undefined;
    const marker = await this.#analyses.ledger.deliveries.dead.get(name);
    return marker === undefined ? undefined : refOfName(name, marker.tenant);
  }
}

/** Whether there can be a dead letter of that id. */
export function isDeadLetterId(text: string): boolean {
  return isAnalysisId(text) || refOfName(text, "") !== undefined;
}
