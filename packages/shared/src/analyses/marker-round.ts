import { batches } from "./batches.js";
import type { Markers } from "./markers.js";

/** Markers worked on at once: after a wipe there may be very many, and each waits mostly for the store. */
const atOnce = 16;

/**
 * Rounds through markers, oldest first. A round that an outage broke off is continued behind the markers that it met there, which
 * have their turn again in the next: were it begun anew, outages that come faster than a round lasts, or one marker that always
 * fails so, would keep the last ones from ever having theirs.
 */
export class MarkerRound {
  readonly #markers: Markers;
  /** The last marker that had its turn in a round that was broken off. */
  #reached: string | undefined;

  constructor(markers: Markers) {
    this.#markers = markers;
  }

  /**
   * Takes a step for each marker of the round, some at a time. The first that fails breaks the round off, when those beside
   * it have ended.
   *
   * @returns whether it met every marker that there was, not only the rest of a round
   */
  async go(step: (id: string) => Promise<void>): Promise<boolean> {
    const whole = this.#reached === undefined;
    for await (const ids of batches(this.#markers.ids(this.#reached), atOnce)) {
      const results = await Promise.allSettled(ids.map(step));
      this.#reached = ids.at(-1);
      const failed = results.find((result) => result.status === "rejected");
      if (failed !== undefined) throw failed.reason;
    }
    this.#reached = undefined;
    return whole;
  }
}
