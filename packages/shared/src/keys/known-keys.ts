import { LRUCache } from "../libraries/lru-cache.js";
import { ProblemError } from "../problems/index.js";
import type { KeyRecord } from "./key-ring.js";

/** A record is believed for so long: a revoked key is refused everywhere after this time at the latest. */
const believedMs = 10_000;
const mostKept = 10_000;
/** Look-ups a second that find no key. Real ones come one by one; whoever makes keys up is to cost the store no more. */
const mostMisses = 100;
const windowMs = 1_000;

/**
 * What was looked up of keys. Ids that nobody has are kept apart, so that they drive no real one out, and looking for them has a limit: what
 * was once found is looked for again whatever others do.
 */
export class KnownKeys {
  readonly #read: (id: string) => Promise<KeyRecord | undefined>;
  readonly #now: () => number;
  readonly #found = new LRUCache<string, { record: KeyRecord; until: number }>({ max: mostKept });
  /** Until when each is believed not to be there. */
  readonly #absent = new LRUCache<string, number>({ max: mostKept });
  #window = { from: 0, misses: 0 };

  constructor(read: (id: string) => Promise<KeyRecord | undefined>, now: () => number) {
    this.#read = read;
    this.#now = now;
  }

  /** @throws ProblemError `too-many-unknown-keys` */
  async get(id: string): Promise<KeyRecord | undefined> {
    const known = this.#found.get(id);
    if (known !== undefined) {
      if (known.until > this.#now()) return known.record;
      return this.#note(id, await this.#read(id));
    }
    if ((this.#absent.get(id) ?? 0) > this.#now()) return undefined;
    const window = this.#currentWindow();
    if (window.misses >= mostMisses)
      throw new ProblemError("too-many-unknown-keys", undefined, { retryAfter: windowMs / 1000 });
    // Counted before it is known to be one: many may be under way at once.
    window.misses += 1;
    let isMiss = false;
    try {
      const record = await this.#read(id);
      isMiss = record === undefined;
      return this.#note(id, record);
    } finally {
      if (!isMiss) window.misses -= 1;
    }
  }

  forget(id: string): void {
    this.#found.delete(id);
    this.#absent.delete(id);
  }

  #note(id: string, record: KeyRecord | undefined): KeyRecord | undefined {
    this.forget(id);
    const until = this.#now() + believedMs;
    if (record === undefined) this.#absent.set(id, until);
    else this.#found.set(id, { record, until });
    return record;
  }

  #currentWindow(): { misses: number } {
    const now = this.#now();
    if (now - this.#window.from >= windowMs) this.#window = { from: now, misses: 0 };
    return this.#window;
  }
}
