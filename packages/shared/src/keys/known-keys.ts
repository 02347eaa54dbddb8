import { LRUCache } from "../libraries/lru-cache.js";
import { ProblemError } from "../problems/index.js";
import type { KeyRecord } from "./key-ring.js";

/** A record is believed for so long: a revoked key is refused everywhere after this time at the latest. */
const believedMs = 10_000;
const mostKept = 10_000;
/** Look-ups a second that find no key: whoever makes keys up is to cost the store no more. */
const mostMisses = 100;
/** Keys that are looked for at once and were not met before: a gateway that starts meets those of all its clients together. */
const mostSought = 256;
const windowMs = 1_000;

/**
 * What was looked up of keys. Ids that nobody has are kept apart, so that they drive no real one out, and looking for them has a limit: what
 * was once found is looked for again whatever others do.
 */
export class KnownKeys {
  readonly #read: (id: string) => Promise<KeyRecord | undefined>;
  readonly #elapsed: () => number;
  readonly #found = new LRUCache<string, { record: KeyRecord; until: number }>({ max: mostKept });
  /** Until when each is believed not to be there. */
  readonly #absent = new LRUCache<string, number>({ max: mostKept });
  /** Look-ups under way: any number of requests with one key are one. */
  readonly #sought = new Map<string, Promise<KeyRecord | undefined>>();
  #window = { from: 0, misses: 0 };

  /** @param elapsed milliseconds by a clock that nobody sets */
  constructor(read: (id: string) => Promise<KeyRecord | undefined>, elapsed: () => number) {
    this.#read = read;
    this.#elapsed = elapsed;
  }

  /**
   * @param options `given` where the id comes from us and not from a client: it has no limit
   * @throws ProblemError `too-many-unknown-keys`
   */
  async get(id: string, { given = false } = {}): Promise<KeyRecord | undefined> {
    const known = this.#found.get(id);
    if (known !== undefined && known.until > this.#elapsed()) return known.record;
    if ((this.#absent.get(id) ?? 0) > this.#elapsed()) return undefined;
    const sought = this.#sought.get(id);
    if (sought !== undefined) return sought;
    const free = given || known !== undefined;
    if (!free && (this.#currentWindow().misses >= mostMisses || this.#sought.size >= mostSought))
      throw new ProblemError("too-many-unknown-keys", undefined, { retryAfter: windowMs / 1000 });
    const look = this.#look(id).finally(() => this.#sought.delete(id));
    this.#sought.set(id, look);
    return look;
  }

  async #look(id: string): Promise<KeyRecord | undefined> {
    const record = await this.#read(id);
    if (record === undefined) this.#currentWindow().misses += 1;
    return this.#note(id, record);
  }

  forget(id: string): void {
    this.#found.delete(id);
    this.#absent.delete(id);
  }

  #note(id: string, record: KeyRecord | undefined): KeyRecord | undefined {
    this.forget(id);
    const until = this.#elapsed() + believedMs;
    if (record === undefined) this.#absent.set(id, until);
    else this.#found.set(id, { record, until });
    return record;
  }

  #currentWindow(): { misses: number } {
    const now = this.#elapsed();
    if (now - this.#window.from >= windowMs) this.#window = { from: now, misses: 0 };
    return this.#window;
  }
}
