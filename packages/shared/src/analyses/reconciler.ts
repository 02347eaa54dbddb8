import type { Redis } from "ioredis";
import { filmJobId, type JobKind, rereadJobId, rereadKinds } from "../contracts/index.js";
import { catalogue, type ProblemCode, ProblemError } from "../problems/index.js";
import { type Producer, queuePrefix } from "../queues/index.js";
import { refOfName } from "../webhooks/index.js";
import type { Analyses } from "./analyses.js";
import { isAnalysisId, timeOfId } from "./keys.js";
import type { AnalysisRef } from "./ledger.js";
import { Rereading } from "./rereading.js";

export interface ReconcilerReport {
  /** Markers looked at. */
  seen: number;
  /** Films whose job Redis no longer knew. */
  requeued: number;
  /** Analyses that had all they needed to end, and failed films whose end was not recorded. */
  settled: number;
  /** Deliveries whose job Redis no longer knew. */
  redelivered: number;
  /** Uploads that never became an analysis. */
  swept: number;
}

/** Younger markers are on their normal way. */
const graceMs = 10_000;
/** A request has two minutes for its films: after this time nobody is still sending them. */
const abandonedMs = 10 * 60_000;

const lockKey = `${queuePrefix}:reconciler`;

/**
 * Walks the markers in the store and puts back what Redis no longer knows, so that every accepted film gets its result
 * though Redis was wiped. One walks at a time; any number may stand by.
 */
export class Reconciler {
  readonly #analyses: Analyses;
  readonly #producer: Producer;
  readonly #rereading: Rereading;
  readonly #redis: Redis;
  readonly #now: () => number;

  constructor(parts: { analyses: Analyses; producer: Producer; redis: Redis; now?: () => number }) {
    this.#analyses = parts.analyses;
    this.#producer = parts.producer;
    this.#rereading = new Rereading(parts);
    this.#redis = parts.redis;
    this.#now = parts.now ?? Date.now;
  }

  /** One walk; undefined where another holds the lock, which ends by itself after `lockSeconds`. */
  async walk(lockSeconds: number): Promise<ReconcilerReport | undefined> {
    const taken = await this.#redis.set(lockKey, "1", "EX", lockSeconds, "NX");
    if (taken === null) return undefined;
    const report: ReconcilerReport = { seen: 0, requeued: 0, settled: 0, redelivered: 0, swept: 0 };
    for await (const id of this.#analyses.ledger.pending.ids()) await this.#pending(id, report);
    for await (const id of this.#analyses.ledger.deliveries.owed.ids()) await this.#delivery(id, report);
    report.swept += await this.#analyses.ledger.uploads.sweep(this.#now());
    return report;
  }

  async #pending(id: string, report: ReconcilerReport): Promise<void> {
    if (!isAnalysisId(id) || this.#now() - timeOfId(id) < graceMs) return;
    report.seen += 1;
    if (await this.#onItsWay(id)) return;
    const marker = await this.#analyses.ledger.pending.get(id);
    if (marker === undefined) return;
    const ref: AnalysisRef = { tenant: marker.tenant, id };
    const { ledger } = this.#analyses;
    const request = await ledger.request(ref);
    if (request === undefined) {
      if (this.#now() - timeOfId(id) < abandonedMs) return;
      await ledger.erase(ref);
      report.swept += 1;
      return;
    }
    const result = await ledger.result(ref);
    if (result !== undefined) {
      await this.#analyses.settle(request, result);
      report.settled += 1;
      return;
    }
    const ended = await ledger.filmResults(ref);
    if (ended.size === request.films.length) {
      if (await this.#readAgain(ref, report)) return;
      await this.#analyses.close(request, [...ended.values()]);
      report.settled += 1;
      return;
    }
    for (const { index } of request.films) {
      if (!ended.has(index)) await this.#film(ref, index, report);
    }
  }

  /** Whether Redis still knows all that is left to do; then the store need not be asked, and most markers cost it nothing. */
  async #onItsWay(id: string): Promise<boolean> {
    const live = await this.#analyses.live(id);
    if (live === undefined || live.end !== undefined) return false;
    const waiting = live.request.films.filter((_, film) => live.films[film]?.done === undefined);
    for (const { index } of waiting) {
      const first = await this.#producer.state("bodypart", filmJobId(id, index, "bodypart"));
      if (first === "pending") continue;
      if ((await this.#producer.state("fracture", filmJobId(id, index, "fracture"))) !== "pending")
        return false;
    }
    return waiting.length > 0;
  }

  /** The first queue is asked first: a film leaves it only after it has entered the second. */
  async #film(ref: AnalysisRef, film: number, report: ReconcilerReport): Promise<void> {
    for (const kind of ["bodypart", "fracture"] as const) {
      const jobId = filmJobId(ref.id, film, kind);
      const state = await this.#producer.state(kind, jobId);
      if (state === "pending") return;
      if (state === "failed") {
        await this.#analyses.filmFailed(ref, film, await this.#reason(kind, jobId));
        report.settled += 1;
        return;
      }
    }
    const request = await this.#analyses.ledger.request(ref);
    if (request === undefined || (await this.#analyses.ledger.result(ref)) !== undefined) return;
    if ((await this.#analyses.ledger.filmResults(ref)).has(film)) return;
    await this.#analyses.enqueue(request, [film]);
    report.requeued += 1;
  }

  /** Whether the analysis is being read again, or was to be and failed. */
  async #readAgain(ref: AnalysisRef, report: ReconcilerReport): Promise<boolean> {
    for (const kind of rereadKinds) {
      const jobId = rereadJobId(ref.id, kind);
      const state = await this.#producer.state(kind, jobId);
      if (state === "pending") return true;
      if (state === "failed") {
        await this.#rereading.failed(ref, await this.#reason(kind, jobId));
        report.settled += 1;
        return true;
      }
    }
    return false;
  }

  async #reason(kind: JobKind, jobId: string): Promise<ProblemError> {
    const reason = (await this.#producer.failedReason(kind, jobId)) ?? "";
    const code = reason.split(":")[0] ?? "";
    return new ProblemError(code in catalogue ? (code as ProblemCode) : "processing-failed");
  }

  async #delivery(name: string, report: ReconcilerReport): Promise<void> {
    const { deliveries } = this.#analyses.ledger;
    const state = await this.#producer.state("webhook", name);
    if (state === "pending") return;
    const marker = await deliveries.owed.get(name);
    const ref = marker === undefined ? undefined : refOfName(name, marker.tenant);
    if (ref === undefined) return;
    if (state === "failed") {
      // Its worker died before it could note that the delivery was given up.
      await this.#analyses.dispatch.giveUp(ref, "The delivery could not be worked on.");
      report.settled += 1;
      return;
    }
    await this.#analyses.dispatch.enqueue(ref);
    report.redelivered += 1;
  }
}
