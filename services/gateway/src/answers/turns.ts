import { ProblemError, Tally } from "@osteon/shared";
import { type Answer, onceGone } from "./client-gone.js";

/** Time that a request waits for its turn. */
const longestWaitMs = 10_000;
const retryAfterSeconds = 1;

/**
 * Places that tenants take in turns: who asks for hundreds of things at once is given them one after the other, and another's single
 * one waits for none of them but those under way.
 */
export class Turns {
  readonly #most: number;
  readonly #mostOfTenant: number;
  readonly #waitMs: number;
  readonly #held = new Tally();
  /** Those who wait, by tenant; the tenant whose turn it is comes first. */
  readonly #waiting = new Map<string, Set<() => void>>();

  /** @param mostOfTenant places that one tenant may have at once */
  constructor(most: number, mostOfTenant = most, waitMs = longestWaitMs) {
    this.#most = most;
    this.#mostOfTenant = mostOfTenant;
    this.#waitMs = waitMs;
  }

  /**
   * Does a step of an answer when it is its tenant's turn; never where the client goes before.
   * @throws ProblemError `rate-limited` where the turn does not come in time
   */
  async run<T>(tenant: string, reply: Answer, step: () => Promise<T>): Promise<T> {
    if (this.#waiting.has(tenant) || !this.#isFree(tenant)) await this.#turn(tenant, reply);
    else this.#held.add(tenant, 1);
    try {
      return await step();
    } finally {
      this.#give(tenant);
    }
  }

  #turn(tenant: string, reply: Answer): Promise<void> {
    const waiting = this.#waiting.get(tenant) ?? new Set();
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        letGo();
        waiting.delete(go);
        if (waiting.size === 0) this.#waiting.delete(tenant);
      };
      const go = () => {
        settle();
        resolve();
      };
      const leave = () => {
        settle();
        const detail = "More is asked for at once than is made: ask for one after the other.";
        reject(new ProblemError("rate-limited", detail, { retryAfter: retryAfterSeconds }));
      };
      const timer = setTimeout(leave, this.#waitMs);
      this.#waiting.set(tenant, waiting.add(go));
      let letGo = () => {};
      letGo = onceGone(reply, leave);
    });
  }

  #isFree(tenant: string): boolean {
    return this.#held.sum < this.#most && this.#held.of(tenant) < this.#mostOfTenant;
  }

  #give(tenant: string): void {
    this.#held.add(tenant, -1);
    for (const [next, waiting] of this.#waiting) {
      const [go] = waiting;
      if (go === undefined || !this.#isFree(next)) continue;
      this.#held.add(next, 1);
      go();
      // To the end of the round.
      if (this.#waiting.delete(next)) this.#waiting.set(next, waiting);
      return;
    }
  }
}
