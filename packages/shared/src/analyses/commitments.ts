import { timeOfId } from "../ids.js";
import type { ObjectStore } from "../storage/index.js";
import { dayFolder, sweepDays } from "./day-folders.js";
import { idempotencyKeptMs } from "./idempotency-records.js";

type Outcome = "committed" | "aborted";

const root = "commitments/";

/**
 * What becomes of an acceptance in doubt: one whose gateway is at it still, has died, or could not finish it, while a repeat of its
 * request asks for it. It is committed or aborted, as whoever comes first says. The store decides by a conditional put: Redis may
 * be wiped between the two, and a lease that ran out tells nothing of who held it. They are not in the analysis's folder, as they
 * outlive what is taken back: of that more may still be on its way to the store. A folder for each day, by the analysis's id.
 */
export class Commitments {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** False where it is aborted: it must not be promised to anybody any more. */
  async commit(id: string): Promise<boolean> {
    return (await this.#decide(id, "committed")) === "committed";
  }

  /** False where it is committed: it must not be taken back. */
  async abort(id: string): Promise<boolean> {
    return (await this.#decide(id, "aborted")) === "aborted";
  }

  /** With an analysis that is erased. What was aborted stays so. */
  async forget(id: string): Promise<void> {
    const decided = await this.#store.get(keyOf(id));
    if (decided !== undefined && decided.toString() !== "aborted") await this.#store.delete(keyOf(id));
  }

  /** Removes the days by whose keys nobody can ask any more. Returns how many. */
  sweep(now: number): Promise<number> {
    return sweepDays(this.#store, root, now - 2 * idempotencyKeptMs);
  }

  /** What cannot be read is never taken back. */
  async #decide(id: string, outcome: Outcome): Promise<Outcome> {
    const options = { contentType: "text/plain", ifAbsent: true };
    if (await this.#store.put(keyOf(id), outcome, options)) return outcome;
    const decided = await this.#store.get(keyOf(id));
    // Erased meanwhile, it is gone.
    return decided === undefined || decided.toString() === "aborted" ? "aborted" : "committed";
  }
}

function keyOf(id: string): string {
  return dayFolder(root, timeOfId(id)) + id;
}
