import type { StoreMetrics } from "../telemetry/index.js";
import type {
  ListOptions,
  ObjectBody,
  ObjectStore,
  PresignedPut,
  PresignOptions,
  PutOptions,
} from "./object-store.js";

/** A store whose calls are counted and timed. */
export class MeteredStore implements ObjectStore {
  readonly #store: ObjectStore;
  readonly #metrics: StoreMetrics;

  constructor(store: ObjectStore, metrics: StoreMetrics) {
    this.#store = store;
    this.#metrics = metrics;
  }

  put(key: string, body: ObjectBody, options?: PutOptions): Promise<boolean> {
    if (typeof body === "string" || body instanceof Uint8Array)
      this.#metrics.storeBytes.inc({ direction: "in" }, Buffer.byteLength(body));
    return this.#timed("put", () => this.#store.put(key, body, options));
  }

  presignPut(key: string, options: PresignOptions): Promise<PresignedPut | undefined> {
    return this.#store.presignPut(key, options);
  }

  async get(key: string): Promise<Buffer | undefined> {
    const bytes = await this.#timed("get", () => this.#store.get(key));
    if (bytes !== undefined) this.#metrics.storeBytes.inc({ direction: "out" }, bytes.length);
    return bytes;
  }

  size(key: string): Promise<number | undefined> {
    return this.#timed("head", () => this.#store.size(key));
  }

  exists(key: string): Promise<boolean> {
    return this.#timed("head", () => this.#store.exists(key));
  }

  delete(key: string): Promise<void> {
    return this.#timed("delete", () => this.#store.delete(key));
  }

  deleteAll(keys: readonly string[]): Promise<void> {
    return this.#timed("delete", () => this.#store.deleteAll(keys));
  }

  deletePrefix(prefix: string): Promise<void> {
    return this.#timed("delete", () => this.#store.deletePrefix(prefix));
  }

  list(prefix: string, options?: ListOptions): Promise<string[]> {
    return this.#timed("list", () => this.#store.list(prefix, options));
  }

  sweep(): Promise<number> {
    return this.#store.sweep();
  }

  probe(): Promise<void> {
    return this.#store.probe();
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  /** The call is begun here: the file store takes a small file's steps before it returns. */
  async #timed<T>(operation: "put" | "get" | "head" | "delete" | "list", call: () => Promise<T>): Promise<T> {
    const began = performance.now();
    try {
      return await call();
    } finally {
      this.#metrics.storeSeconds.observe({ operation }, (performance.now() - began) / 1000);
    }
  }
}
