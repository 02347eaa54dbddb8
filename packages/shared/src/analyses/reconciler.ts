import { filmJobId, filmJobKinds, type JobKind, rereadJobId, rereadKinds } from "../contracts/index.js";
import { isUuidV7 } from "../ids.js";
import { RedisLock, type StillHeld } from "../locks/index.js";
import { catalogue, type ProblemCode, ProblemError, toProblem } from "../problems/index.js";
import { isLost, type Queues } from "../queues/index.js";
import { clockDifference, type RedisConnection, redisGuarded, redisPrefix } from "../redis/index.js";
import type { Analyses } from "./analyses.js";
import type { AnalysisRef } from "./ledger.js";
import { MarkerAges } from "./marker-ages.js";
import { MarkerRound } from "./marker-round.js";
import { Rereading } from "./rereading.js";

export interface ReconcilerReport {
  /** Markers looked at. */
  seen: number;
  /** Films whose job Redis no longer knew, or had put off far into the future. */
  requeued: number;
  /** Analyses that had all they needed to end, and failed films whose end was not recorded. */
  settled: number;
  /** Deliveries whose job Redis no longer knew, or had put off far into the future. */
  redelivered: number;
  /** Uploads that never became an analysis, and erasures and writes that were broken off. */
  swept: number;
  /** Markers that could not be worked on; each walk tries them again. */
  stuck: number;
}

/** Faults that are not of one analysis: the walk ends, and the next goes on where it was. */
const outages: readonly ProblemCode[] = ["store-unavailable", "queue-unavailable"];

const lockKey = `${redisPrefix}:reconciler`;

/**
 * Walks the markers in the store and puts back what Redis no longer knows, so that every accepted film gets its result
 * though Redis was wiped. One walks at a time, however long it takes; any number may stand by.
 */
export class Reconciler {
  readonly #analyses: Analyses;
  readonly #queues: Queues;
  readonly #rereading: Rereading;
  readonly #pendings: MarkerRound;
  readonly #owed: MarkerRound;
  readonly #erasures: MarkerRound;
  readonly #redis: RedisConnection;
  readonly #ages: MarkerAges;
  readonly #now: () => number;
  readonly #onStuck: (id: string, problem: ProblemError) => void;
  readonly #onClockDiffers: (milliseconds: number) => void;
  #enqueueing: Promise<void> = Promise.resolve();
  /** Of the walk under way. */
  #stillHeld: StillHeld = async () => undefined;
  /** Whether the clocks differed at the walk before. */
  #differs = false;

  constructor(parts: {
    analyses: Analyses;
    queues: Queues;
    redis: RedisConnection;
    /** Seconds that a client has to send its whole request; 600 where absent. */
    requestSeconds?: number;
    /** Told of each analysis that could not be worked on. */
    onStuck?: (id: string, problem: ProblemError) => void;
    /** Told by how many milliseconds our clock is ahead of Redis's, where it differs so much that nothing is swept by it. */
    onClockDiffers?: (milliseconds: number) => void;
    now?: () => number;
    /** Milliseconds by a clock that nobody sets. */
    elapsed?: () => number;
  }) {
    this.#analyses = parts.analyses;
    this.#queues = parts.queues;
    this.#rereading = new Rereading(parts);
    this.#pendings = new MarkerRound(parts.analyses.ledger.pending);
    this.#owed = new MarkerRound(parts.analyses.ledger.deliveries.owed);
    this.#erasures = new MarkerRound(parts.analyses.ledger.erasures);
    this.#redis = parts.redis;
    this.#onStuck = parts.onStuck ?? (() => undefined);
    this.#onClockDiffers = parts.onClockDiffers ?? (() => undefined);
    this.#now = parts.now ?? Date.now;
    this.#ages = new MarkerAges(
      parts.requestSeconds ?? 600,
      this.#now,
      parts.elapsed ?? (() => performance.now()),
    );
  }

  /**
   * One walk; undefined where another walks, or did until less than `lockSeconds` ago. A walk that fails, or that may sweep nothing
   * because our clock differs from Redis's, keeps no other from walking.
   *
   * @param onReport told what was done, also where the walk ends in an error: then there is the most to tell
   */
  async walk(
    lockSeconds: number,
    onReport: (report: ReconcilerReport) => void = () => undefined,
  ): Promise<ReconcilerReport | undefined> {
    const lock = new RedisLock(this.#redis, { heldMs: lockSeconds * 1000 });
    // One time for what the walk sweeps: the clock may be set meanwhile.
    const now = this.#now();
    const differs = await this.#clockDiffers(now);
    const step = async (stillHeld: StillHeld) => {
      this.#stillHeld = stillHeld;
      const report: ReconcilerReport = {
        seen: 0,
        requeued: 0,
        settled: 0,
        redelivered: 0,
        swept: 0,
        stuck: 0,
      };
      try {
        await this.#rounds(report, differs ? undefined : now);
      } finally {
        onReport(report);
      }
      return report;
    };
    return lock.runWhereDue(lockKey, step, { partly: differs });
  }

  /**
   * Counts in the report what it does, as it does it.
   * @param sweepAt the time by which it sweeps; undefined where nobody knows the time
   */
  async #rounds(report: ReconcilerReport, sweepAt: number | undefined): Promise<void> {
    for (const kind of [...filmJobKinds, ...rereadKinds])
      report.requeued += await this.#queues.hasten(kind, this.#now());
    report.redelivered += await this.#queues.hasten("webhook", this.#now());
    // First: Redis may still give out what is half erased. Its fault waits: a folder that cannot be removed holds up no film.
    const [erased] = await Promise.allSettled([
      this.#erasures.go((id) => this.#step(id, report, () => this.#erasure(id, report))),
    ]);
    const met = new Set<string>();
    const whole = await this.#pendings.go(async (id) => {
      met.add(id);
      await this.#step(id, report, () => this.#pending(id, report));
    });
    if (whole) this.#ages.keep(met);
    await this.#owed.go((id) => this.#step(id, report, () => this.#delivery(id, report)));
    if (sweepAt !== undefined) report.swept += await this.#sweep(sweepAt);
    if (erased.status === "rejected") throw erased.reason;
  }

  /** Removes what is past its time. Returns how many. */
  async #sweep(now: number): Promise<number> {
    const { ledger } = this.#analyses;
    return (await ledger.uploads.sweep(now)) + (await ledger.sweep());
  }

  async #clockDiffers(now: number): Promise<boolean> {
    const difference = await redisGuarded(() => clockDifference(this.#redis, now));
    // Told once, not at each walk.
    if (difference !== undefined && !this.#differs) this.#onClockDiffers(difference);
    this.#differs = difference !== undefined;
    return this.#differs;
  }

  /** One marker's fault keeps no other from its turn. */
  async #step(id: string, report: ReconcilerReport, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      const problem = toProblem(error);
      if (outages.includes(problem.code)) throw error;
      this.#onStuck(id, problem);
      report.stuck += 1;
    }
  }

  async #pending(id: string, report: ReconcilerReport): Promise<void> {
    if (!isUuidV7(id) || this.#ages.isYoung(id)) return;
    report.seen += 1;
    if (await this.#onItsWay(id)) return;
    const ref = await this.#ref(id);
    if (ref === undefined) return;
    try {
      await this.#analysis(ref, report);
    } catch (error) {
      const problem = toProblem(error);
      if (problem.code !== "record-damaged") throw error;
      await this.#analyses.damaged(ref, problem);
      report.settled += 1;
    }
  }

  /** Whose a marker is; where it is damaged, others know. */
  async #ref(id: string): Promise<AnalysisRef | undefined> {
    const { ledger } = this.#analyses;
    const tenantOf = async () =>
      (await this.#analyses.live(id))?.request.tenant ?? (await ledger.tenantOf(id));
    const marker = await ledger.pending.find(id, tenantOf);
    return marker === undefined ? undefined : { tenant: marker.tenant, id };
  }

  async #analysis(ref: AnalysisRef, report: ReconcilerReport): Promise<void> {
    const { ledger } = this.#analyses;
    const erased = await this.#analyses.isErased(ref.id);
    // Last: what is accepted behind this answer is not swept because of it.
    const request = await ledger.request(ref);
    if (request === undefined || erased) {
      if (this.#ages.isAbandoned(ref.id)) {
        await ledger.removeAll(ref);
        report.swept += 1;
        // The marker stays: of what was taken back after a fault of the store, more may still be on its way.
      } else if (erased) await ledger.removeAllButMarker(ref);
      return;
    }
    const result = await ledger.results.get(ref);
    if (result !== undefined) {
      await this.#analyses.settle(request, result);
      report.settled += 1;
      return;
    }
    const ended = await ledger.results.ofFilms(ref);
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
      const first = await this.#queues.state("bodypart", filmJobId(id, index, "bodypart"));
      if (first === "pending") continue;
      if ((await this.#queues.state("fracture", filmJobId(id, index, "fracture"))) !== "pending")
        return false;
    }
    return waiting.length > 0;
  }

  /** The first queue is asked first: a film leaves it only after it has entered the second. */
  async #film(ref: AnalysisRef, film: number, report: ReconcilerReport): Promise<void> {
    for (const kind of ["bodypart", "fracture"] as const) {
      const jobId = filmJobId(ref.id, film, kind);
      const state = await this.#queues.state(kind, jobId);
      if (state === "pending") return;
      if (state === "failed") {
        await this.#analyses.filmFailed(ref, film, await this.#reason(kind, jobId));
        report.settled += 1;
        return;
      }
    }
    const request = await this.#analyses.ledger.request(ref);
    if (request === undefined || (await this.#analyses.ledger.results.get(ref)) !== undefined) return;
    if ((await this.#analyses.ledger.results.ofFilms(ref)).has(film)) return;
    // One after the other: places in the queue are given out against what stands in it already.
    const turn = this.#enqueueing.then(async () => {
      await this.#stillHeld();
      await this.#analyses.enqueue(request, [film]);
    });
    this.#enqueueing = turn.catch(() => undefined);
    await turn;
    report.requeued += 1;
  }

  /** Whether the analysis is being read again, or was to be and failed. */
  async #readAgain(ref: AnalysisRef, report: ReconcilerReport): Promise<boolean> {
    for (const kind of rereadKinds) {
      const jobId = rereadJobId(ref.id, kind);
      const state = await this.#queues.state(kind, jobId);
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
    const reason = (await this.#queues.failedReason(kind, jobId)) ?? "";
    if (isLost(reason)) return new ProblemError("worker-lost");
    const code = reason.split(":")[0] ?? "";
    return new ProblemError(code in catalogue ? (code as ProblemCode) : "processing-failed");
  }

  async #delivery(name: string, report: ReconcilerReport): Promise<void> {
    const { deliveries } = this.#analyses.ledger;
    const state = await this.#queues.state("webhook", name);
    if (state === "pending") return;
    const ref = await deliveries.refOf(deliveries.owed, name);
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

  /** Also one that a gateway is at: every step of it may be done twice. */
  async #erasure(id: string, report: ReconcilerReport): Promise<void> {
    const { ledger } = this.#analyses;
    const marker = await ledger.erasures.find(id, () => ledger.tenantOf(id));
    if (marker === undefined) return;
    try {
      if (await this.#analyses.goOnErasing({ tenant: marker.tenant, id }, marker)) report.swept += 1;
    } catch (error) {
      // Somebody else finished it meanwhile.
      if (toProblem(error).code !== "analysis-not-found") throw error;
    }
  }
}
