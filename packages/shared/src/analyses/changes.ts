import type { RedisConnection } from "../redis/index.js";
import { changesChannelOf, endMark } from "./live-state.js";

/** Told whether the change was the analysis's end, or may have been. */
type Listener = (ended: boolean) => void;
/** Told which analysis changed, and whose it was where it was erased; nothing where changes may have been missed. */
type ListenerToAll = (id?: string, tenant?: string) => void;

/** Longest that a change may go unheard by who waits for it, where a cluster lost the connection that listens, and no node. */
const unheardMs = 10_000;
/** By then a cluster that lost a node listens to another. */
const settlingMs = 3_000;

/** Wakes whoever waits for an analysis. One connection serves any number of waiters. */
export class Changes {
  readonly #subscriber: RedisConnection;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #allListeners = new Set<ListenerToAll>();

  /** `subscriber` is a connection of its own: one that listens can do nothing else. */
  constructor(subscriber: RedisConnection) {
    this.#subscriber = subscriber;
    subscriber.on("message", (channel: string, message: string) => {
      if (channel !== changesChannelOf(subscriber)) return;
      const [id = "", tenant] = message.split(endMark);
      for (const listener of this.#listeners.get(id) ?? []) listener(tenant !== undefined);
      for (const listener of this.#allListeners) listener(id, tenant || undefined);
    });
    // What was published while the connection was away is lost: everybody looks again.
    subscriber.on("ready", () => this.#wakeAll());
    if (subscriber.isCluster) this.#watchNodes();
  }

  /** A cluster replaces the node that it listens to without a word: it tells of nodes only. */
  #watchNodes(): void {
    let settling: NodeJS.Timeout | undefined;
    const changed = () => {
      clearTimeout(settling);
      settling = setTimeout(() => this.#wakeAll(), settlingMs).unref();
    };
    this.#subscriber.on("+node", changed).on("-node", changed);
    const timer = setInterval(() => this.#wake(), unheardMs).unref();
    this.#subscriber.on("end", () => clearInterval(timer));
  }

  #wake(): void {
    for (const listeners of this.#listeners.values()) for (const listener of listeners) listener(true);
  }

  #wakeAll(): void {
    this.#wake();
    for (const listener of this.#allListeners) listener();
  }

  async start(): Promise<void> {
    await this.#subscriber.subscribe(changesChannelOf(this.#subscriber));
  }

  /** Calls `listener` at each change of any analysis, of whatever tenant, until the returned function is called. */
  listenToAll(listener: ListenerToAll): () => void {
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
