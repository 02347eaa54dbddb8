import { ProblemError } from "@osteon/shared";

/** Of one tenant at one gateway: all readers of a hospital, and 128 MB of events where none of them reads. */
const mostOfTenant = 250;
/** One of so many ends soon: none lasts longer than ten minutes. */
const retryAfterSeconds = 5;

/** How many streams of events tenants have open at this gateway. */
export class OpenStreams {
  readonly #open = new Map<string, number>();

  /**
   * Counts one in; what is returned counts it out again.
   * @throws ProblemError `too-many-streams`
   */
  enter(tenant: string): () => void {
    const open = this.#open.get(tenant) ?? 0;
    if (open >= mostOfTenant)
      throw new ProblemError("too-many-streams", undefined, { retryAfter: retryAfterSeconds });
    this.#open.set(tenant, open + 1);
    return () => {
      const left = (this.#open.get(tenant) ?? 0) - 1;
      if (left > 0) this.#open.set(tenant, left);
      else this.#open.delete(tenant);
    };
  }
}
