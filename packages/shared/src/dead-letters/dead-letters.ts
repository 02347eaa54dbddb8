import { type Analyses, type AnalysisRef, eraseAnyway } from "../analyses/index.js";
import type { Marker } from "../analyses/markers.js";
import {
  type AnalysisRequest,
  type DeadLetter,
  plainVersion,
  type RetriedLetter,
} from "../contracts/index.js";
import { isUuidV7, timeOfId } from "../ids.js";
import { uuidv7 } from "../libraries/uuid.js";
import type { Lock, StillHeld } from "../locks/index.js";
import { ProblemError, toProblem } from "../problems/index.js";
import { inSlices, unlessDamaged } from "../storage/index.js";
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
  readonly #lock: Lock;
  readonly #onDamaged: (name: string, problem: ProblemError) => void;

  /** @param onDamaged told of each that a list leaves out, since its marker is damaged and nobody knows whose it is */
  constructor(
    analyses: Analyses,
    lock: Lock,
    onDamaged: (name: string, problem: ProblemError) => void = () => undefined,
  ) {
    this.#analyses = analyses;
    this.#lock = lock;
    this.#onDamaged = onDamaged;
  }

  /** Oldest first, failed analyses before deliveries. */
  async *list({ after, kind }: DeadLetterFilter = {}): AsyncGenerator<DeadLetter> {
    const amongDeliveries = after !== undefined && !isUuidV7(after);
    if (kind !== "delivery" && !amongDeliveries) yield* this.#analysesAfter(after);
    if (kind !== "analysis") yield* this.#deliveriesAfter(amongDeliveries ? after : undefined);
  }

  async *#analysesAfter(after: string | undefined): AsyncGenerator<DeadLetter> {
    const { ledger } = this.#analyses;
    for await (const id of ledger.failed.ids(after)) {
      const marker = await unlessDamaged(this.#marker(id), (problem) => this.#onDamaged(id, problem));
      if (marker !== undefined) yield await this.#failed({ tenant: marker.tenant, id });
    }
  }

  async *#deliveriesAfter(after: string | undefined): AsyncGenerator<DeadLetter> {
    const { deliveries } = this.#analyses.ledger;
    for await (const { name, ref, record, problem } of deliveries.deadLetters(this.#onDamaged, after)) {
      const at = record?.createdAt ?? new Date(timeOfId(ref.event)).toISOString();
      const reason = record?.reason ?? problem?.message ?? "";
      yield { id: name, kind: "delivery", tenant: ref.tenant, analysis: ref.event, at, reason };
    }
  }

  /**
   * Tries a dead letter again. A failed analysis stays as its client was told; a new one, with the same films and fields, comes
   * in its place. A delivery is made again under its own id. Trying one twice is trying it once.
   *
   * @throws ProblemError `dead-letter-not-found`; `webhook-disabled` where a delivery's endpoint is; `film-altered`, `film-lost` and
   *   `record-damaged` where its films are not what they were
   */
  async retry(id: string): Promise<RetriedLetter> {
    if (isUuidV7(id)) {
      const again = (stillHeld: StillHeld) => this.#examineAgain(id, stillHeld);
      return { id, analysis: await this.#lock.run(`dead-letter:${id}`, again) };
    }
    const ref = await this.#delivery(id);
    if (ref === undefined) throw new ProblemError("dead-letter-not-found");
    await this.#analyses.dispatch.redeliver(ref);
    return { id, analysis: ref.event };
  }

  async #failed(ref: AnalysisRef): Promise<DeadLetter> {
    const at = new Date(timeOfId(ref.id)).toISOString();
    const letter = { id: ref.id, kind: "analysis" as const, tenant: ref.tenant, analysis: ref.id, at };
    try {
      const end = await this.#analyses.ledger.results.get(ref);
      const { code, detail } = end?.error ?? { code: "processing-failed", detail: "" };
      return { ...letter, at: end?.createdAt ?? at, code, reason: detail };
    } catch (error) {
      const { code, detail } = toProblem(error);
      return { ...letter, code, reason: detail };
    }
  }

  async #examineAgain(id: string, stillHeld: StillHeld): Promise<string> {
    const { ledger } = this.#analyses;
    const marker = await this.#marker(id);
    if (marker === undefined) throw new ProblemError("dead-letter-not-found");
    const { tenant } = marker;
    const begun = await this.#begun(marker);
    const retriedAs = begun ?? uuidv7();
    const request = await ledger.request({ tenant, id });
    if (request === undefined) {
      await ledger.unlistWhereGone({ tenant, id });
      throw new ProblemError("dead-letter-not-found");
    }
    await this.#seeThrough(request);
    if (begun === undefined) {
      // Another that came behind a lock that was lost may have been through with it.
      await stillHeld();
      // The new id stands in the store before the new analysis does: whoever comes after a crash goes on with the same.
      await ledger.failed.set({ tenant, id }, { retriedAs });
      if (await ledger.unlistWhereGone({ tenant, id })) throw new ProblemError("dead-letter-not-found");
    }
    // Where another goes on with the same, it may have promised it: then it stays, for the reconciler and the next retry.
    const mayTakeBack = async () => {
      if (begun !== undefined) return false;
      await stillHeld();
      return (await ledger.failed.get(id)) !== undefined && ledger.commitments.abort(retriedAs);
    };
    if ((await ledger.request({ tenant, id: retriedAs })) === undefined)
      await this.#accept(request, retriedAs, {
        stillHeld,
        mayTakeBack: () => mayTakeBack().catch(() => false),
      });
    // First: an erasure that comes behind the look finds it.
    await ledger.noteRetry({ tenant, id }, retriedAs);
    if (!(await ledger.hasRequest({ tenant, id }))) {
      // Erased since its films were read: they must not live on under an id that its client does not know.
      await eraseAnyway(this.#analyses, { tenant, id: retriedAs });
      await ledger.removeAllButMarker({ tenant, id });
      throw new ProblemError("dead-letter-not-found");
    }
    await ledger.failed.remove(id);
    return retriedAs;
  }

  /** What follows from its end comes first: whoever did it later would list it once more. */
  async #seeThrough(request: AnalysisRequest): Promise<void> {
    const { pending, results } = this.#analyses.ledger;
    if (!(await pending.has(request.id))) return;
    const end = await results.get(request);
    if (end !== undefined) await this.#analyses.settle(request, end);
    await pending.remove(request.id);
  }

  /** The analysis of a try before, which nobody takes back from here on. Not one that was: workers would take it for erased. */
  async #begun({ retriedAs }: Marker): Promise<string | undefined> {
    if (retriedAs === undefined || (await this.#analyses.isErased(retriedAs))) return undefined;
    return (await this.#analyses.ledger.commitments.commit(retriedAs)) ? retriedAs : undefined;
  }

  async #accept(
    failed: AnalysisRequest,
    id: string,
    { stillHeld, mayTakeBack }: { stillHeld: StillHeld; mayTakeBack: () => Promise<boolean> },
  ): Promise<void> {
    const { ledger } = this.#analyses;
    const { key: _, ...asked } = failed;
    const request: AnalysisRequest = {
      ...asked,
      v: plainVersion,
      id,
      createdAt: new Date().toISOString(),
      retryOf: failed.id,
    };
    try {
      // As a stream: S3 signs a body that it is given whole by hashing it in one step.
      for (const film of failed.films)
        await ledger.stage(request, film.index, inSlices(await ledger.writtenOriginal(failed, film)));
    } catch (error) {
      // Without a request nobody was promised anything, and copies of films must not stay; those of what another began the reconciler
      // sweeps.
      const unpromised = stillHeld().then(
        async () => (await ledger.request(request)) === undefined && (await ledger.commitments.abort(id)),
      );
      if (await unpromised.catch(() => false)) await ledger.withdraw(request, error);
      throw error;
    }
    await this.#analyses.accept(
      request,
      failed.films.map(() => undefined),
      mayTakeBack,
    );
  }

  /** Of a failed analysis. */
  #marker(id: string): Promise<Marker | undefined> {
    const { ledger } = this.#analyses;
    return ledger.failed.find(id, () => ledger.tenantOf(id));
  }

  async #delivery(name: string): Promise<DeliveryRef | undefined> {
    if (!isDeadLetterId(name)) return undefined;
    const { deliveries } = this.#analyses.ledger;
    return deliveries.refOf(deliveries.dead, name);
  }
}

/** Whether there can be a dead letter of that id. */
export function isDeadLetterId(text: string): boolean {
  return isUuidV7(text) || refOfName(text, "") !== undefined;
}
