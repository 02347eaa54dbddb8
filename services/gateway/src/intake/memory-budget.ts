import { type Config, Tally } from "@osteon/shared";

/** A request that waits for room. */
interface Waiting {
  tenant: string;
  bytes: number;
  settle(hasRoom: boolean): void;
}

/**
 * Bytes that a gateway may hold in memory for its clients, and a share of them for those of one tenant: who holds much and reads or
 * sends slowly stands in nobody else's way. What is alone fits, however large it is.
 */
export class MemoryBudget {
  readonly #most: number;
  readonly #mostOfTenant: number;
  readonly #held = new Tally();
  readonly #waiting = new Set<Waiting>();

  constructor(most: number, share = 1) {
    this.#most = most;
    this.#mostOfTenant = most * share;
  }

  /** Bytes that are held now. */
  get held(): number {
    return this.#held.sum;
  }

  /** Takes so many bytes, where there is room. Returns whether there was. */
  tryTake(tenant: string, bytes: number): boolean {
    const own = this.#held.of(tenant);
    const all = this.#held.sum;
    if (own > 0 && own + bytes > this.#mostOfTenant) return false;
    if (all > 0 && all + bytes > this.#most) return false;
    this.#held.add(tenant, bytes);
    return true;
  }

  /** The same, and waits for room. Returns false where there was none in time. */
  take(tenant: string, bytes: number, milliseconds: number): Promise<boolean> {
    const isLater = [...this.#waiting].some((waiting) => waiting.tenant === tenant);
    if (!isLater && this.tryTake(tenant, bytes)) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => waiting.settle(false), milliseconds);
      const waiting: Waiting = {
        tenant,
        bytes,
        settle: (hasRoom) => {
          clearTimeout(timer);
          this.#waiting.delete(waiting);
          resolve(hasRoom);
        },
      };
      this.#waiting.add(waiting);
    });
  }

  /** Gives back what was taken. */
  give(tenant: string, bytes: number): void {
    this.#held.add(tenant, -bytes);
    // A tenant's smaller requests do not overtake its larger ones, which would wait for ever.
    const passed = new Set<string>();
    for (const waiting of this.#waiting) {
      if (passed.has(waiting.tenant)) continue;
      if (this.tryTake(waiting.tenant, waiting.bytes)) waiting.settle(true);
      else passed.add(waiting.tenant);
    }
  }
}

/** A gateway without keys has one tenant: nobody else is to be kept a place. */
export function shareOfTenant({ AUTH }: Pick<Config, "AUTH">): number {
  return AUTH === "off" ? 1 : 0.5;
}
