import { type DeliveryRecord, type DeliveryRef, deliveryName } from "@osteon/shared";
import type { SendResult } from "./sender.js";

/** What came of a try, and the record by which it was made. */
export interface UnnotedTry {
  record: DeliveryRecord;
  result: SendResult;
}

/** Entries are small; a store that takes nothing for an hour, at a thousand deliveries a minute, is no reason to hold more. */
const mostHeld = 50_000;

/**
 * Tries whose end the store did not take yet: it may be read while it cannot be written. Without them the receiver would get the event again
 * each time that its job comes back, every few seconds. Another worker, or this one started anew, knows nothing of them: that is one try more.
 */
export class UnnotedTries {
  readonly #most: number;
  readonly #tries = new Map<string, UnnotedTry>();

  constructor(most = mostHeld) {
    this.#most = most;
  }

  of(ref: DeliveryRef): UnnotedTry | undefined {
    return this.#tries.get(deliveryName(ref));
  }

  keep(ref: DeliveryRef, unnoted: UnnotedTry): void {
    this.forget(ref);
    this.#tries.set(deliveryName(ref), unnoted);
    if (this.#tries.size <= this.#most) return;
    const [oldest] = this.#tries.keys();
    if (oldest !== undefined) this.#tries.delete(oldest);
  }

  forget(ref: DeliveryRef): void {
    this.#tries.delete(deliveryName(ref));
  }
}
