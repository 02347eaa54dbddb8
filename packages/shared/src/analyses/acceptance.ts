import {
  type Analysis,
  type AnalysisRequest,
  filmJobId,
  plainVersion,
  schemaVersion,
} from "../contracts/index.js";
import type { Queues } from "../queues/index.js";
import { filmViews } from "./film-views.js";
import type { AnalysisRef, Ledger } from "./ledger.js";
import type { LiveState } from "./live-state.js";
import type { Lookup } from "./lookup.js";
import { pendingAnalysis } from "./roll-up.js";

/** The beginning of an analysis: the films in the store, their jobs in the queue, or nothing at all. */
export class Acceptance {
  readonly #ledger: Ledger;
  readonly #live: LiveState;
  readonly #queues: Queues;
  readonly #lookup: Lookup;

  constructor(parts: { ledger: Ledger; live: LiveState; queues: Queues; lookup: Lookup }) {
    this.#ledger = parts.ledger;
    this.#live = parts.live;
    this.#queues = parts.queues;
    this.#lookup = parts.lookup;
  }

  /** As `Analyses.accept`. */
  async accept(
    request: AnalysisRequest,
    films: readonly (Uint8Array | undefined)[],
    mayTakeBack: (exists: boolean) => Promise<boolean>,
  ): Promise<Analysis> {
    let exists = false;
    try {
      await this.#ledger.prepare(request, films);
      exists = true;
      await this.#ledger.accept(request, films);
      // Sent in this order over one connection: no worker meets the job before the request.
      await Promise.all([this.#live.open(request), this.enqueue(request)]);
    } catch (error) {
      if (!(await mayTakeBack(exists))) throw error;
      // A worker may have the job all the same: it must learn that the analysis is gone. Where the way back is barred too,
      // the reconciler meets the marker and goes on from there.
      const isMarked = await this.#live.markErased(request.id).then(
        () => true,
        () => false,
      );
      await this.#ledger.withdraw(request, error).catch(() => undefined);
      // Where Redis did not take the first, who waits for the refusal need not wait for it again.
      if (isMarked) await this.#live.forget(request.id).catch(() => undefined);
      throw error;
    }
    return pendingAnalysis(request, filmViews(request, []));
  }

  /** As `Analyses.resolve`. */
  async resolve(ref: AnalysisRef): Promise<Analysis | undefined> {
    const { commitments } = this.#ledger;
    const found = await this.#lookup.get(ref);
    if (found === undefined) return (await commitments.abort(ref.id)) ? undefined : this.#lookup.get(ref);
    return (await commitments.commit(ref.id)) ? found : undefined;
  }

  /** As `Analyses.enqueue`. */
  async enqueue(request: AnalysisRequest, films = request.films.map((film) => film.index)): Promise<void> {
    const { tenant, id: analysisId, priority } = request;
    const acceptedAt = Date.parse(request.createdAt);
    await this.#queues.add(
      "bodypart",
      ...films.map((film) => ({
        id: filmJobId(analysisId, film, "bodypart"),
        data: {
          v: request.films[film]?.contentType === "application/dicom" ? schemaVersion : plainVersion,
          tenant,
          analysisId,
          film,
          acceptedAt,
          ...(priority === undefined ? {} : { priority }),
        },
      })),
    );
  }
}
