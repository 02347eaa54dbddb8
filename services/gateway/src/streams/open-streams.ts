import { ProblemError, Tally } from "@osteon/shared";

/** Of one tenant at one gateway: all readers of a hospital, and 128 MB of events where none of them reads. */
const mostOfTenant = 250;
/** One of so many ends soon: none lasts longer than ten minutes. */
const retryAfterSeconds = 5;

/** How many streams of events tenants have open at this gateway. */
export class OpenStreams {
  readonly #open = new Tally();

  /**
   * Counts one in; what is returned counts it out again.
   * @throws ProblemError `too-many-streams`
   */
  enter(tenant: string): () => void {
    if (this.#open.of(tenant) >= mostOfTenant)
      throw new ProblemError("too-many-streams", undefined, { retryAfter: retryAfterSeconds });
    this.#open.add(tenant, 1);
    return () => this.#open.add(tenant, -1);
  }
}
