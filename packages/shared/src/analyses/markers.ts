import type { UsedKey } from "../contracts/index.js";
import { type ObjectStore, walk } from "../storage/object-store.js";
import { getSealed, isDamaged, putSealed } from "../storage/sealed-json.js";

/** Markers that are done with are gathered for so long, or until they are so many. */
const gatherMs = 250;
const mostGoing = 500;

/** What a marker tells: whose analysis it is. */
export interface Marker {
  tenant: string;
  /** Of a failed analysis: the one that examines its films again. */
  retriedAs?: string;
  /** Of an erasure: the key whose record goes with the analysis. */
  key?: UsedKey;
  /** Of an erasure: how many films there are jobs of. */
  filmCount?: number;
  /** Of an erasure: whether what examined the films again goes, too. */
  retries?: true;
  /** Of an erasure that is through, but for what work that was under way may still write. */
  done?: true;
}

/** An object in the store for each analysis, or delivery, of which something is still to be done. */
export class Markers {
  readonly #store: ObjectStore;
  readonly #folder: string;
  /** Ids of markers that go soon. */
  #going: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #removing: Promise<void> = Promise.resolve();

  /** @param folder ends in "/" */
  constructor(store: ObjectStore, folder: string) {
    this.#store = store;
    this.#folder = folder;
  }

  async set(
    { tenant, id }: { tenant: string; id: string },
    more: Omit<Marker, "tenant"> = {},
  ): Promise<void> {
    const marker: Marker = { tenant, ...more };
    // One with another's tenant would have its own analysis swept.
    await putSealed(this.#store, this.#folder + id, marker);
  }

  /** Whether there is one, damaged or not. */
  has(id: string): Promise<boolean> {
    return this.#store.exists(this.#folder + id);
  }

  get(id: string): Promise<Marker | undefined> {
    return getSealed(this.#store, this.#folder + id);
  }

  /**
   * As `get`; of one that is damaged, whose it is as others know it.
   * @throws ProblemError `record-damaged` where they do not
   */
  async find(id: string, tenantOf: () => Promise<string | undefined>): Promise<Marker | undefined> {
    try {
      return await this.get(id);
    } catch (error) {
      const tenant = isDamaged(error) ? await tenantOf() : undefined;
      if (tenant === undefined) throw error;
      return { tenant };
    }
  }

  /** No error where there is none. */
  remove(id: string): Promise<void> {
    return this.#store.delete(this.#folder + id);
  }

  /** As `remove`, many in one call where the store can. */
  removeAll(ids: readonly string[]): Promise<void> {
    return this.#store.deleteAll(ids.map((id) => this.#folder + id));
  }

  /**
   * Removes one within a moment, together with others: one call instead of many. Where that fails it stays; so nothing may hang on
   * it any more, and whoever meets it must find nothing left to do.
   */
  removeSoon(id: string): void {
    this.#going.push(id);
    if (this.#going.length >= mostGoing) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), gatherMs);
  }

  /** Removes now what was to go soon. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const keys = this.#going.map((id) => this.#folder + id);
    this.#going = [];
    if (keys.length > 0)
      this.#removing = this.#removing.then(() => this.#store.deleteAll(keys).catch(() => undefined));
    return this.#removing;
  }

  /** Oldest first; those after the given one, where one is given. */
  async *ids(after?: string): AsyncGenerator<string> {
    const options = after === undefined ? {} : { after: this.#folder + after };
    for await (const key of walk(this.#store, this.#folder, options)) yield key.slice(this.#folder.length);
  }
}
