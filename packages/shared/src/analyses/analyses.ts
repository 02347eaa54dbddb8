import {
  type Analysis,
  type AnalysisRequest,
  type FractureJob,
  filmJobId,
  isEnded,
  plainVersion,
  rereadJobId,
} from "../contracts/index.js";
import { timeOfId } from "../ids.js";
import { ProblemError } from "../problems/index.js";
import type { Queues } from "../queues/index.js";
import { Dispatch, type Endpoints } from "../webhooks/index.js";
import { Acceptance } from "./acceptance.js";
import { Erasure } from "./erasure.js";
import { acceptedFilm } from "./film-views.js";
import type { AnalysisRef, Ledger } from "./ledger.js";
import type { LiveAnalysis, LiveState } from "./live-state.js";
import { type Load, loadOf } from "./load.js";
import { Lookup } from "./lookup.js";
import type { Marker } from "./markers.js";
import type { FilmResult } from "./results.js";
import { endedAnalysis, failedAnalysis, failedFilm } from "./roll-up.js";
import { isUniform } from "./uniform.js";

/** The way of an analysis from acceptance to its one end. Every step may be repeated: a repeat changes nothing. */
export class Analyses {
  readonly ledger: Ledger;
  readonly dispatch: Dispatch;
  readonly #live: LiveState;
  readonly #queues: Queues;
  readonly #acceptance: Acceptance;
  readonly #erasure: Erasure;
  readonly #lookup: Lookup;
  readonly #onEnded: (analysis: Analysis) => void;

  /** @param parts `onEnded` is told of each end that this process wrote, for metrics; `known` as in `Dispatch` */
  constructor(parts: {
    ledger: Ledger;
    live: LiveState;
    queues: Queues;
    known?: Pick<Endpoints, "listening">;
    onEnded?: (analysis: Analysis) => void;
  }) {
    this.ledger = parts.ledger;
    this.#live = parts.live;
    this.#queues = parts.queues;
    this.#onEnded = parts.onEnded ?? (() => undefined);
    const { endpoints, deliveries, results } = parts.ledger;
    const { queues, known } = parts;
    this.dispatch = new Dispatch({
      endpoints,
      deliveries,
      results,
      queues,
      ...(known === undefined ? {} : { known }),
    });
    this.#erasure = new Erasure({
      ledger: parts.ledger,
      live: parts.live,
      queues,
      dispatch: this.dispatch,
    });
    this.#lookup = new Lookup(parts.ledger, parts.live, this.#erasure);
    this.#acceptance = new Acceptance({
      ledger: parts.ledger,
      live: parts.live,
      queues,
      lookup: this.#lookup,
    });
  }

  /**
   * Accepts films: when it returns, they are in the store and their jobs in the queue. A film that the ledger has staged
   * already comes without bytes.
   * @param mayTakeBack asked where it fails half-way, and told whether its request may be in the store by then; false where somebody was
   * promised it meanwhile, by a repeat of the request, or that cannot be known: then all stays, for the reconciler
   * @throws ProblemError `store-unavailable` or `queue-unavailable`, with nothing left behind where it may be taken back but, after
   * a fault of the store, the marker, which the reconciler sweeps.
   */
  accept(
    request: AnalysisRequest,
    films: readonly (Uint8Array | undefined)[],
    mayTakeBack: (exists: boolean) => Promise<boolean> = async () => true,
  ): Promise<Analysis> {
    return this.#acceptance.accept(request, films, mayTakeBack);
  }

  /**
   * Decides of an acceptance that nobody knows the end of, when its request is repeated: what is there is promised, what is not will not be,
   * though its gateway may be at it still. Undefined where it is not promised.
   */
  resolve(ref: AnalysisRef): Promise<Analysis | undefined> {
    return this.#acceptance.resolve(ref);
  }

  /** Adds the first job of each film, or of those given. */
  enqueue(request: AnalysisRequest, films?: number[]): Promise<void> {
    return this.#acceptance.enqueue(request, films);
  }

  /** The analysis as it stands; undefined where the tenant has none of that id. */
  get(ref: AnalysisRef): Promise<Analysis | undefined> {
    return this.#lookup.get(ref);
  }

  /** What there is to do, of everybody. */
  load(): Promise<Load> {
    return loadOf(this.#queues, this.#live);
  }

  /** What Redis knows of an analysis. */
  live(id: string): Promise<LiveAnalysis | undefined> {
    return this.#live.get(id);
  }

  /** Whether an analysis was erased, or taken back before it was accepted, within the last hour. */
  isErased(id: string): Promise<boolean> {
    return this.#live.isErased(id);
  }

  /** Notes that work on a film begins. Undefined where there is nothing left to do: it has ended, or was erased. */
  async start(ref: AnalysisRef, film: number): Promise<AnalysisRequest | undefined> {
    const live = await this.#live.start(ref.id, film);
    if (live.ended) return undefined;
    if (live.request !== undefined) return live.request;
    // Redis lost what it knew: the ledger decides.
    const [request, result] = await Promise.all([this.ledger.request(ref), this.ledger.results.get(ref)]);
    if (request === undefined) {
      // A write of a try before may have arrived after the erasure.
      if (await this.#erasure.isLeftover(ref, result)) await this.#erasure.scrub(ref);
      else await this.#live.forget(ref.id);
      return undefined;
    }
    if (!(await this.#live.open(request))) {
      await this.#erasure.scrub(ref);
      return undefined;
    }
    // Their jobs are done with: nobody else would tell Redis of them before the end.
    if (request.films.length > 1)
      for (const done of (await this.ledger.results.ofFilms(ref)).values())
        await this.#live.done(ref.id, done);
    if (result === undefined) return request;
    await this.settle(request, result);
    return undefined;
  }

  /** Hands a classified film to the fracture queue. */
  async forward(job: FractureJob): Promise<void> {
    const { analysisId, film, bodyPart, width, height } = job;
    await this.#queues.add("fracture", { id: filmJobId(analysisId, film, "fracture"), data: job });
    const standing = await this.#live.classified(analysisId, film, { bodyPart, width, height });
    await this.#erasure.scrubWhereGone({ tenant: job.tenant, id: analysisId }, standing);
  }

  /** Records how a film ended; the last film's end is the analysis's. */
  async filmEnded(request: AnalysisRequest, result: FilmResult): Promise<void> {
    if (request.films.length === 1) return this.close(request, [result]);
    const first = await this.ledger.results.putFilm(request, result);
    const before = first ? undefined : (await this.ledger.results.ofFilms(request)).get(result.film.index);
    const standing = await this.#live.done(request.id, before ?? result);
    if (await this.#erasure.scrubWhereGone(request, standing)) return;
    const results = await this.ledger.results.ofFilms(request);
    if (results.size === request.films.length) await this.close(request, [...results.values()]);
  }

  /** Records that a film failed for good. False where it had ended well before, or is gone: that stays. */
  async filmFailed(ref: AnalysisRef, film: number, problem: ProblemError): Promise<boolean> {
    const request = await this.#found(ref);
    // Its worker may have written the picture after the erasure.
    const late =
      request === undefined
        ? await this.#erasure.isLeftover(ref, await this.ledger.results.get(ref))
        : problem.code === "film-lost" && (await this.#erasure.isTakenBack(ref));
    if (late) {
      await this.#erasure.scrub(ref);
      return false;
    }
    if (request === undefined) throw new ProblemError("analysis-not-found");
    const accepted = request.films[film];
    if (accepted === undefined) return false;
    const known = (await this.#live.get(ref.id))?.films[film]?.classified;
    const seen = known === undefined ? {} : { bodyPart: known.bodyPart };
    const { code, title, detail } = problem;
    await this.filmEnded(request, {
      film: failedFilm({ ...acceptedFilm(accepted, known), ...seen }, { code, title, detail }),
      timings: {},
    });
    const end =
      request.films.length === 1
        ? (await this.ledger.results.get(ref))?.films[0]
        : (await this.ledger.results.ofFilms(ref)).get(film)?.film;
    return end?.error !== undefined;
  }

  /** Ends an analysis as failed whose records in the store are damaged, with what is still known of it. */
  async damaged(ref: AnalysisRef, { code, title, detail }: ProblemError): Promise<void> {
    const live = await this.#live.get(ref.id);
    const request = live?.request ?? {
      v: plainVersion,
      ...ref,
      createdAt: new Date(timeOfId(ref.id)).toISOString(),
      films: [],
    };
    await this.settle(request, failedAnalysis(request, { code, title, detail }, new Date()));
  }

  /**
   * Ends an analysis: the result once, then what follows from it. Whoever comes second repeats what follows. Where a
   * model was replaced between its films, they are read again first.
   */
  async close(request: AnalysisRequest, results: readonly FilmResult[]): Promise<void> {
    if (!isUniform(results.map(({ film }) => film))) {
      const { tenant, id } = request;
      await this.#queues.add("reclassify", {
        id: rereadJobId(id, "reclassify"),
        data: { v: plainVersion, tenant, analysisId: id },
      });
      return;
    }
    const ended = endedAnalysis(request, results, new Date());
    await this.settle(request, ended, results);
  }

  /** Writes the end unless there is one, and does what follows from the one there is. */
  async settle(
    request: AnalysisRequest,
    proposed: Analysis,
    results: readonly FilmResult[] = [],
  ): Promise<Analysis> {
    const first = await this.ledger.results.put(request, proposed, results);
    if (first) this.#onEnded(proposed);
    const ended = first ? proposed : ((await this.ledger.results.get(request)) ?? proposed);
    // Nobody is told of an analysis that was erased.
    const standing = await this.#live.end(ended, first ? request.films.length : 0);
    if (await this.#erasure.scrubWhereGone(request, standing)) return ended;
    await Promise.all([
      ended.status === "failed" ? this.#noteFailure(request, first) : undefined,
      this.#oweDeliveries(request, ended, first),
    ]);
    this.ledger.pending.removeSoon(request.id);
    return ended;
  }

  /** Cancels what has not ended. */
  async cancel(ref: AnalysisRef): Promise<Analysis> {
    const before = await this.#cancellable(ref);
    if (before.status === "cancelled") return before;
    const request = await this.#request(ref);
    // Before the look: what its films show behind it would be taken back.
    await this.#live.cancelling(ref.id);
    const analysis = await this.#cancellable(ref);
    if (analysis.status === "cancelled") return analysis;
    const now = new Date();
    const ended = await this.settle(request, {
      ...analysis,
      status: "cancelled",
      completedAt: now.toISOString(),
      timings: { ...analysis.timings, totalMs: Math.max(0, now.getTime() - Date.parse(request.createdAt)) },
    });
    await this.#erasure.removeJobs(request, request.films.length);
    if (ended.status !== "cancelled") throw new ProblemError("already-ended");
    return ended;
  }

  /**
   * @param options `retries`: also the analysis that examined the films of a failed one again
   * @throws ProblemError `analysis-not-found`
   */
  erase(ref: AnalysisRef, options?: { retries: boolean }): Promise<void> {
    return this.#erasure.erase(ref, options);
  }

  /** Goes on with an erasure by its marker. @returns whether there was something to do */
  goOnErasing(ref: AnalysisRef, marker: Marker): Promise<boolean> {
    return this.#erasure.goOn(ref, marker);
  }

  /** @throws ProblemError `analysis-not-found`; `already-ended` where it did otherwise */
  async #cancellable(ref: AnalysisRef): Promise<Analysis> {
    const analysis = await this.get(ref);
    if (analysis === undefined) throw new ProblemError("analysis-not-found");
    if (isEnded(analysis.status) && analysis.status !== "cancelled") throw new ProblemError("already-ended");
    return analysis;
  }

  /** As with deliveries: a second comer who finds the marker gone comes too late. What is noted may have been tried again since. */
  async #noteFailure({ tenant, id }: AnalysisRequest, first: boolean): Promise<void> {
    if (!first && ((await this.ledger.failed.has(id)) || !(await this.ledger.pending.has(id)))) return;
    await this.ledger.failed.set({ tenant, id });
    // Erased since it ended, it would stay listed. A delivery that is owed so is dropped by its worker.
    await this.#erasure.scrubWhereGone({ tenant, id }, "forgotten");
  }

  async #oweDeliveries(request: AnalysisRequest, ended: Analysis, first: boolean): Promise<void> {
    // The marker goes when everything is owed: a second comer who finds it gone must not owe it again.
    if (!first && !(await this.ledger.pending.has(request.id))) return;
    await this.dispatch.owe(request, ended);
  }

  async #request(ref: AnalysisRef): Promise<AnalysisRequest> {
    const request = await this.#found(ref);
    if (request === undefined) throw new ProblemError("analysis-not-found");
    return request;
  }

  async #found(ref: AnalysisRef): Promise<AnalysisRequest | undefined> {
    const live = await this.#live.get(ref.id).catch(() => undefined);
    const request = live?.request ?? (await this.ledger.request(ref));
    return request?.tenant === ref.tenant ? request : undefined;
  }
}
