import type { Analysis, AnalysisRequest } from "../contracts/index.js";
import type { Erasure } from "./erasure.js";
import { filmViews } from "./film-views.js";
import type { AnalysisRef, Ledger } from "./ledger.js";
import type { FilmState, LiveAnalysis, LiveState } from "./live-state.js";
import type { FilmResult } from "./results.js";
import { pendingAnalysis } from "./roll-up.js";

/** How an analysis stands: by Redis while it knows, by the ledger where it does not, or may have lost something. */
export class Lookup {
  readonly #ledger: Ledger;
  readonly #live: LiveState;
  readonly #erasure: Erasure;

  constructor(ledger: Ledger, live: LiveState, erasure: Erasure) {
    this.#ledger = ledger;
    this.#live = live;
    this.#erasure = erasure;
  }

  /** The analysis as it stands; undefined where the tenant has none of that id. */
  async get(ref: AnalysisRef): Promise<Analysis | undefined> {
    // Of what has ended the ledger answers alone where Redis is away.
    const live = await this.#live.get(ref.id).catch((error: unknown) => ({ error }));
    if (live !== undefined && "request" in live && live.request.tenant === ref.tenant) {
      if (await this.#cameBack(ref, live)) return undefined;
      if (live.end !== undefined) return live.end;
      const lost = this.#live.mayHaveLost(live.request) ? await this.#ledger.results.get(ref) : undefined;
      if (lost === undefined) return pendingAnalysis(live.request, filmViews(live.request, live.films));
      // Told once more, so that nobody has to ask the ledger again.
      return (await this.#erasure.scrubWhereGone(ref, await this.#live.end(lost, 0))) ? undefined : lost;
    }
    // What the store has of it may be on its way out, or written by work that was under way when it was erased.
    if (await this.#erasure.isKnown(ref, { redis: live === undefined })) return undefined;
    const result = await this.#ledger.results.get(ref);
    if (result !== undefined) return result;
    const request = await this.#ledger.request(ref);
    if (request === undefined) return undefined;
    // Only Redis knows whether it has begun.
    if (live !== undefined && "error" in live) throw live.error;
    return pendingAnalysis(request, filmViews(request, await this.#lostFilms(request)));
  }

  /** Whether an analysis was erased, and Redis lost that it forgot it. The ledger is asked once for each, and connection. */
  async #cameBack(ref: AnalysisRef, { request, end }: LiveAnalysis): Promise<boolean> {
    if (!this.#live.mayHaveLostErasure(request)) return false;
    // What has ended may have lost its request alone.
    const there = await (end === undefined ? this.#ledger.hasRequest(ref) : this.#ledger.results.has(ref));
    if (!there) return this.#erasure.scrubWhereGone(ref, "forgotten");
    this.#live.confirm(ref.id);
    return false;
  }

  /** What the ledger has of the films of an analysis that Redis forgot. They may have been begun: no state goes back. */
  async #lostFilms(request: AnalysisRequest): Promise<FilmState[]> {
    const ended =
      request.films.length > 1 ? await this.#ledger.results.ofFilms(request) : new Map<number, FilmResult>();
    return request.films.map(({ index }) => {
      const done = ended.get(index);
      return { started: true, ...(done === undefined ? {} : { done }) };
    });
  }
}
