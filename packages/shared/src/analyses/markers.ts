import { type ObjectStore, walk } from "../storage/index.js";

/** What a marker tells: whose analysis it is. */
export interface Marker {
  tenant: string;
}

/** An object in the store for each analysis of which something is still to be done. */
export class Markers {
  readonly #store: ObjectStore;
  readonly #folder: string;

  /** @param folder ends in "/" */
  constructor(store: ObjectStore, folder: string) {
    this.#store = store;
    this.#folder = folder;
  }

  async set({ tenant, id }: Marker & { id: string }): Promise<void> {
    await this.#store.put(this.#folder + id, JSON.stringify({ tenant } satisfies Marker), {
      contentType: "application/json",
    });
  }

  async get(id: string): Promise<Marker | undefined> {
    const bytes = await this.#store.get(this.#folder + id);
    return bytes === undefined ? undefined : (JSON.parse(bytes.toString()) as Marker);
  }

  /** No error where there is none. */
  remove(id: string): Promise<void> {
    return this.#store.delete(this.#folder + id);
  }

  /** Oldest first. */
  async *ids(): AsyncGenerator<string> {
    for await (const key of walk(this.#store, this.#folder)) yield key.slice(this.#folder.length);
  }
}
