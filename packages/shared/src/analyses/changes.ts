import type { RedisConnection } from "../queues/index.js";
import { changesChannel, endMark } from "./live-state.js";

/** Told whether the change was the analysis's end, or may have been. */
type Listener = (ended: boolean) => void;

/** Wakes whoever waits for an analysis. One connection serves any number of waiters. */
export class Changes {
  readonly #subscriber: RedisConnection;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #allListeners = new Set<(id: string | undefined) => void>();

  /** `subscriber` is a connection of its own: one that listens can do nothing else. */
  constructor(subscriber: RedisConnection) {
    this.#subscriber = subscriber;
    subscriber.on("message", (channel: string, message: string) => {
      if (channel !== changesChannel) return;
      const ended = message.endsWith(endMark);
      const id = ended ? message.slice(0, -endMark.length) : message;
      for (const listener of this.#listeners.get(id) ?? []) listener(ended);
      for (const listener of this.#allListeners) listener(id);
    });
    // What was published while the connection was away is lost: everybody looks again.
    subscriber.on("ready", () => {
      for (const listeners of this.#listeners.values()) for (const listener of listeners) listener(true);
      for (const listener of this.#allListeners) listener(undefined);
    });
  }

  async start(): Promise<void> {
    await this.#subscriber.subscribe(changesChannel);
  }

  /**
   * Calls `listener` with the id of each analysis that changes, of whatever tenant, until the returned function is called;
   * with `undefined` where changes may have been missed.
   */
  listenToAll(listener: (id: string | undefined) => void): () => void {
    this.#allListeners.add(listener);
    return () => this.#allListeners.delete(listener);
  }

  /** Calls `listener` at each change of the analysis until the returned function is called. */
  listen(id: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(id) ?? new Set<Listener>();
    this.#listeners.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(id) === listeners) this.#listeners.delete(id);
    };
  }
}
