/**
 * Places that tenants take in turns: who asks for hundreds of things at once is given them one after the other, and another's single
 * one waits for none of them but those under way.
 */
export class Turns {
  readonly #most: number;
  readonly #mostOfTenant: number;
  readonly #held = new Map<string, number>();
  /** Those who wait, by tenant; the tenant whose turn it is comes first. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #taken = 0;

  /** @param mostOfTenant places that one tenant may have at once */
  constructor(most: number, mostOfTenant = most) {
    this.#most = most;
    this.#mostOfTenant = mostOfTenant;
  }

  /** Does a step when it is its tenant's turn. */
  async run<T>(tenant: string, step: () => Promise<T>): Promise<T> {
    if (this.#waiting.has(tenant) || !this.#isFree(tenant)) {
      await new Promise<void>((go) => {
        this.#waiting.set(tenant, [...(this.#waiting.get(tenant) ?? []), go]);
      });
    } else this.#take(tenant);
    try {
      return await step();
    } finally {
      this.#give(tenant);
    }
  }

  #isFree(tenant: string): boolean {
    return this.#taken < this.#most && (this.#held.get(tenant) ?? 0) < this.#mostOfTenant;
  }

  #take(tenant: string): void {
    this.#taken += 1;
    this.#held.set(tenant, (this.#held.get(tenant) ?? 0) + 1);
  }

  #give(tenant: string): void {
    this.#taken -= 1;
    const left = (this.#held.get(tenant) ?? 0) - 1;
    if (left > 0) this.#held.set(tenant, left);
    else this.#held.delete(tenant);
    for (const [next, [go, ...rest]] of this.#waiting) {
      if (go === undefined || !this.#isFree(next)) continue;
      // To the end of the round.
      this.#waiting.delete(next);
      if (rest.length > 0) this.#waiting.set(next, rest);
      this.#take(next);
      go();
      return;
    }
  }
}
