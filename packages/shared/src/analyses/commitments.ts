import type { ObjectStore } from "../storage/index.js";
import { analysisFolder } from "./keys.js";
import type { AnalysisRef } from "./ledger.js";

type Outcome = "committed" | "aborted";

/**
 * What becomes of an acceptance in doubt: one whose gateway is at it still, has died, or could not finish it nor take it back, while a
 * repeat under its Idempotency-Key asks for it. Either the repeat promises it or the gateway takes it back. The store decides
 * which, by a conditional put: Redis may be wiped between the two, and a lease that ran out tells nothing of who held it.
 */
export class Commitments {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** Whether it may be promised: from then on nobody takes it back. */
  async commit(ref: AnalysisRef): Promise<boolean> {
    return (await this.#decide(ref, "committed")) === "committed";
  }

  /** Whether it may be taken back: from then on nobody promises it. */
  async abort(ref: AnalysisRef): Promise<boolean> {
    return (await this.#decide(ref, "aborted")) === "aborted";
  }

  /** Where there is nothing any more that it was about. */
  remove(ref: AnalysisRef): Promise<void> {
    return this.#store.delete(keyOf(ref));
  }

  /** The first decides. What cannot be read is never taken back. */
  async #decide(ref: AnalysisRef, outcome: Outcome): Promise<Outcome> {
    const options = { contentType: "text/plain", ifAbsent: true };
    if (await this.#store.put(keyOf(ref), outcome, options)) return outcome;
    const decided = await this.#store.get(keyOf(ref));
    // Gone again with all the rest.
    return decided === undefined || decided.toString() === "aborted" ? "aborted" : "committed";
  }
}

function keyOf({ tenant, id }: AnalysisRef): string {
  return `${analysisFolder(tenant, id)}commitment`;
}
