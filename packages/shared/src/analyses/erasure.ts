import { type AnalysisRequest, filmJobId, rereadJobId, rereadKinds } from "../contracts/index.js";
import { ProblemError } from "../problems/index.js";
import type { Producer } from "../queues/index.js";
import type { Dispatch } from "../webhooks/index.js";
import type { AnalysisRef, Ledger } from "./ledger.js";
import type { LiveState } from "./live-state.js";

/** Takes an analysis out of everything that has something of it. */
export class Erasure {
  readonly #ledger: Ledger;
  readonly #live: LiveState;
  readonly #producer: Producer;
  readonly #dispatch: Dispatch;

  constructor(parts: { ledger: Ledger; live: LiveState; producer: Producer; dispatch: Dispatch }) {
    this.#ledger = parts.ledger;
    this.#live = parts.live;
    this.#producer = parts.producer;
    this.#dispatch = parts.dispatch;
  }

  /**
   * Erases every trace: queue, Redis and store. Work that is under way cannot bring it back.
   * @throws ProblemError `analysis-not-found`
   */
  async erase(ref: AnalysisRef): Promise<void> {
    const request = await this.#ledger.request(ref);
    if (request === undefined) throw new ProblemError("analysis-not-found");
    await this.#live.markErased(ref.id);
    await this.removeJobs(request);
    await this.scrub(ref);
  }

  /** Removes what is there; also what a worker wrote that did not know of the erasure. */
  async scrub(ref: AnalysisRef): Promise<void> {
    await this.#dispatch.dequeue(ref.tenant, ref.id);
    await this.#ledger.erase(ref);
    await this.#live.forget(ref.id, ref.tenant);
  }

  async removeJobs(request: AnalysisRequest): Promise<void> {
    for (const { index } of request.films) {
      await this.#producer.remove("bodypart", filmJobId(request.id, index, "bodypart"), request);
      await this.#producer.remove("fracture", filmJobId(request.id, index, "fracture"), request);
    }
    if (request.films.length === 1) return;
    for (const kind of rereadKinds) await this.#producer.remove(kind, rereadJobId(request.id, kind));
  }
}
