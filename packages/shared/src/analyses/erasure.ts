import { setTimeout as delay } from "node:timers/promises";
import {
  type Analysis,
  type AnalysisRequest,
  filmJobId,
  filmJobKinds,
  rereadJobId,
  rereadKinds,
} from "../contracts/index.js";
import { timeOfId } from "../ids.js";
import { ProblemError, toProblem } from "../problems/index.js";
import type { Queues } from "../queues/index.js";
import type { Dispatch } from "../webhooks/index.js";
import { allEnded } from "./all-ended.js";
import type { AnalysisRef, Ledger } from "./ledger.js";
import type { LiveState, Standing } from "./live-state.js";
import type { Marker } from "./markers.js";

/** Waits before Redis is asked again to forget, milliseconds. After the last the reconciler does it. */
const hideWaitsMs = [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000];

/** As long after its acceptance as work on an analysis may be under way: a day for an outage, and a day for the wait before.
 * Longer only where outages of nearly a day follow one another. */
const underWayMs = 48 * 3_600_000;

/** Takes an analysis out of everything that has something of it, and keeps it out. */
export class Erasure {
  readonly #ledger: Ledger;
  readonly #live: LiveState;
  readonly #queues: Queues;
  readonly #dispatch: Dispatch;
  /** Ids that Redis is asked again to forget. */
  readonly #hiding = new Set<string>();

  constructor(parts: { ledger: Ledger; live: LiveState; queues: Queues; dispatch: Dispatch }) {
    this.#ledger = parts.ledger;
    this.#live = parts.live;
    this.#queues = parts.queues;
    this.#dispatch = parts.dispatch;
  }

  /**
   * Erases every trace: queue, Redis and store. Work that is under way cannot bring it back. Where it is broken off, a marker
   * is left by which a repeat finishes it, the reconciler's too; meanwhile nobody finds the analysis any more. One is left also
   * where work is under way: what that still writes is found by the marker though Redis is wiped or away.
   * @param retries whether an analysis that examined the films again is erased, too
   * @throws ProblemError `analysis-not-found`
   */
  async erase(ref: AnalysisRef, { retries = false } = {}): Promise<void> {
    const request = await this.#request(ref);
    const marker = request === undefined ? await this.#ledger.erasure(ref) : undefined;
    const begun = marker?.done ? undefined : marker;
    if (request === undefined && begun === undefined && !(await this.#isLeft(ref))) {
      await this.#forgetGone(ref);
      throw new ProblemError("analysis-not-found");
    }
    // The marker has it from here on: the request is the first to go.
    const key = request?.key ?? begun?.key;
    const filmCount = request?.films.length ?? marker?.filmCount;
    const withRetries = retries || begun?.retries === true;
    await this.#ledger.erasures.set(ref, {
      ...(withRetries ? { retries: true } : {}),
      ...(key === undefined ? {} : { key }),
      ...(filmCount === undefined ? {} : { filmCount }),
    });
    // Neither waits for the other: while Redis or the store is away, the other one gives nothing out.
    await allEnded([this.#ledger.hide(ref), this.#hide(ref)]);
    // Behind the request's end: a retry that is under way has named itself before it looked for that, or sees it.
    if (withRetries) await this.#eraseRetry(ref);
    const idle = await this.#isIdle(request ?? ref, filmCount ?? 0);
    await this.scrub(ref);
    if (key !== undefined)
      await allEnded([
        this.#live.idempotency.forget(key, ref.id),
        this.#ledger.idempotency.remove(key, ref.id),
        this.#ledger.commitments.forget(ref.id),
      ]);
    if (idle) await this.#ledger.erasures.remove(ref.id);
    else await this.#ledger.erasures.set(ref, { filmCount: filmCount ?? 0, done: true });
  }

  /**
   * Goes on with an erasure by its marker: finishes it, or takes away what was written since, and the marker when nothing is
   * under way any more.
   * @returns whether there was something to do
   */
  async goOn(ref: AnalysisRef, marker: Marker): Promise<boolean> {
    if (marker.done !== true) {
      await this.erase(ref);
      return true;
    }
    // Before the look: who ends behind it has written all.
    const idle = await this.#isIdle(ref, marker.filmCount ?? 0);
    const left = await this.#ledger.hasAny(ref);
    if (left) await this.scrub(ref);
    if (idle) await this.#ledger.erasures.remove(ref.id);
    return left;
  }

  /**
   * Whether an analysis was erased, so far as that is known: by Redis, where it is there, and by the marker.
   * What work that was under way writes of it is nobody's.
   */
  async isKnown(ref: AnalysisRef, { redis }: { redis: boolean }): Promise<boolean> {
    if (redis && (await this.#live.isErased(ref.id))) return true;
    return Date.now() - timeOfId(ref.id) <= underWayMs && (await this.#ledger.isBeingErased(ref));
  }

  /** Removes what is there; also what a worker wrote that did not know of the erasure. */
  async scrub(ref: AnalysisRef): Promise<void> {
    await this.#dispatch.dequeue(ref.tenant, ref.id);
    await this.#ledger.removeAll(ref);
    await this.#live.forget(ref.id);
  }

  /** @returns false where one of them is being worked on */
  async removeJobs(of: AnalysisRef & Pick<AnalysisRequest, "priority">, filmCount: number): Promise<boolean> {
    const { id } = of;
    let idle = true;
    for (let film = 0; film < filmCount; film += 1)
      for (const kind of filmJobKinds)
        if (!(await this.#queues.remove(kind, filmJobId(id, film, kind), of))) idle = false;
    if (filmCount > 1)
      for (const kind of rereadKinds)
        if (!(await this.#queues.remove(kind, rereadJobId(id, kind)))) idle = false;
    return idle;
  }

  /**
   * Whether an analysis was erased, or its acceptance taken back and what Redis had of it came late. What was promised has its
   * marker until it has ended: where that is left and the rest is not, the store lost it, and its client is owed a failure.
   */
  async isTakenBack(ref: AnalysisRef): Promise<boolean> {
    if (await this.#ledger.hasRequest(ref)) return false;
    if ((await this.#live.isErased(ref.id)) || (await this.#ledger.isBeingErased(ref))) return true;
    return !(await this.#ledger.pending.has(ref.id));
  }

  /** Whether what is there of an analysis without a request is of an erased one. What has ended may have lost its request alone. */
  isLeftover(ref: AnalysisRef, result: Analysis | undefined): Promise<boolean> {
    return result === undefined ? this.isTakenBack(ref) : this.isKnown(ref, { redis: true });
  }

  /** Removes what a worker wrote of an analysis that was erased meanwhile; true where it was. */
  async scrubWhereGone(ref: AnalysisRef, standing: Standing): Promise<boolean> {
    if (standing === "known" || (standing === "forgotten" && !(await this.isTakenBack(ref)))) return false;
    await this.scrub(ref);
    return true;
  }

  /** Whether nothing is under way that may still write. Its jobs are gone then. */
  async #isIdle(of: AnalysisRef & Pick<AnalysisRequest, "priority">, filmCount: number): Promise<boolean> {
    return (await this.removeJobs(of, filmCount)) && !(await this.#live.isCancelling(of.id));
  }

  async #eraseRetry(ref: AnalysisRef): Promise<void> {
    const id = await this.#ledger.retriedAs(ref);
    if (id === undefined) return;
    await this.erase({ tenant: ref.tenant, id }, { retries: true }).catch((error: unknown) => {
      if (toProblem(error).code !== "analysis-not-found") throw error;
    });
  }

  /** The request, unless it is gone; of a damaged one what Redis has. */
  async #request(ref: AnalysisRef): Promise<AnalysisRequest | undefined> {
    try {
      return await this.#ledger.request(ref);
    } catch (error) {
      if (toProblem(error).code !== "record-damaged") throw error;
      return (await this.#live.get(ref.id))?.request;
    }
  }

  /** Whether there is something to erase though the request cannot be read. */
  async #isLeft(ref: AnalysisRef): Promise<boolean> {
    return (await this.#ledger.hasRequest(ref)) || (await this.#ledger.results.has(ref));
  }

  /** A Redis that lost its last writes may still have what was erased. */
  async #forgetGone(ref: AnalysisRef): Promise<void> {
    const live = await this.#live.get(ref.id).catch(() => undefined);
    if (live?.request.tenant === ref.tenant) await this.scrubWhereGone(ref, "forgotten");
  }

  async #hide(ref: AnalysisRef): Promise<void> {
    try {
      await this.#takeOut(ref);
    } catch (error) {
      void this.#hideLater(ref);
      throw error;
    }
  }

  /** A Redis that comes back would give the analysis out, and let it end, until the reconciler comes by. */
  async #hideLater(ref: AnalysisRef): Promise<void> {
    if (this.#hiding.has(ref.id)) return;
    this.#hiding.add(ref.id);
    for (const wait of hideWaitsMs) {
      await delay(wait, undefined, { ref: false });
      const hidden = await this.#takeOut(ref).then(
        () => true,
        () => false,
      );
      if (hidden) break;
    }
    this.#hiding.delete(ref.id);
  }

  async #takeOut({ tenant, id }: AnalysisRef): Promise<void> {
    // A Redis without room takes no mark, but lets go.
    await allEnded([this.#live.markErased(id), this.#live.forget(id, tenant)]);
  }
}
