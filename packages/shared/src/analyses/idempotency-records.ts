import type { UsedKey } from "../contracts/index.js";
import { toProblem } from "../problems/index.js";
import { isUnreadable, type ObjectStore, putSealed, unseal } from "../storage/index.js";
import { dayFolder, sweepDays } from "./day-folders.js";

/** Milliseconds for which an Idempotency-Key counts. */
export const idempotencyKeptMs = 24 * 3_600_000;

/** What a key was last used for. */
export interface IdempotencyRecord {
  fingerprint: string;
  /** The analysis that the request became, or would have become. */
  id: string;
  /** Milliseconds since the epoch. */
  at: number;
}

const root = "idempotency/";

/**
 * The Idempotency-Keys of the last day in the object store, a folder for each day: Redis may be wiped, and a repeat must not become
 * a second analysis for that. Names are digests; nothing of a film or a person is in them.
 */
export class IdempotencyRecords {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  async find(name: string, now: number): Promise<IdempotencyRecord | undefined> {
    for (const at of [now, now - idempotencyKeptMs]) {
      const bytes = await this.#store.get(keyOf(name, at));
      if (bytes === undefined) continue;
      const record = read(bytes);
      return record !== undefined && now - record.at < idempotencyKeptMs ? record : undefined;
    }
    return undefined;
  }

  /**
   * @param over in the place of one that was found; else it is kept only where there is none
   * @returns whether it is kept, and the key so this request's own
   */
  async keep(name: string, record: IdempotencyRecord, over: boolean): Promise<boolean> {
    const key = keyOf(name, record.at);
    if (await putSealed(this.#store, key, record, { ifAbsent: !over })) return true;
    const bytes = await this.#store.get(key);
    const first = bytes === undefined ? undefined : read(bytes);
    // Erased meanwhile, or damaged.
    if (first === undefined) return this.keep(name, record, true);
    // Ours, where the answer to a first try was lost.
    return first.id === record.id;
  }

  /** Removes what a key was used for, unless it was used for something else since. One that is damaged is of no use to anybody. */
  async remove({ name, at }: UsedKey, id: string): Promise<void> {
    const bytes = await this.#store.get(keyOf(name, at));
    if (bytes === undefined) return;
    const record = read(bytes);
    if (record === undefined || record.id === id) await this.#store.delete(keyOf(name, at));
  }

  /** Removes the days whose keys all count no more. Returns how many. */
  sweep(now: number): Promise<number> {
    return sweepDays(this.#store, root, now - idempotencyKeptMs);
  }
}

/** Undefined where it is damaged: its key must not be refused for that all day. */
function read(bytes: Buffer): IdempotencyRecord | undefined {
  try {
    return unseal<IdempotencyRecord>(bytes);
  } catch (error) {
    if (isUnreadable(toProblem(error))) return undefined;
    throw error;
  }
}

function keyOf(name: string, at: number): string {
  return `${dayFolder(root, at)}${name}.json`;
}
