import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { Deliveries, FileStore, Ledger, Results } from "@osteon/shared";
import { S3Store } from "@osteon/shared/s3-store";

/** Faults of the product itself, which a fault run must find: each breaks a guarantee on purpose. */
export const mutations = {
  /** Acceptance leaves no marker: what Redis forgets is lost. */
  "drop-marker": () => dropPuts((key) => key.startsWith("pending/")),
  /** Nothing in the store tells that a delivery is owed. */
  "drop-owed": () => dropPuts((key) => key.startsWith("deliveries/")),
  /** A promise is given before its film and request are in the store. */
  "promise-before-store": () => {
    const { prepare, accept } = Ledger.prototype;
    Ledger.prototype.prepare = async () => undefined;
    Ledger.prototype.accept = async function (request, films) {
      const stored = delay(1_500)
        .then(() => prepare.call(this, request, films))
        .then(() => accept.call(this, request, films));
      stored.catch(() => undefined);
    };
  },
  /** A job is acknowledged, and its marker removed, before the result is in the store. */
  "ack-before-store": () => {
    const { put } = Results.prototype;
    Results.prototype.put = async function (...args) {
      delay(3_000)
        .then(() => put.apply(this, args))
        .catch(() => undefined);
      return true;
    };
  },
  /** A result is overwritten by whoever comes second, and counted as the first. */
  "finish-twice": () => {
    for (const store of stores) {
      const { put } = store.prototype;
      store.prototype.put = async function (key, body, options = {}) {
        // A store that overwrites is refused at start-up.
        if (key.startsWith("probe/")) return put.call(this, key, body, options);
        await put.call(this, key, body, { ...options, ifAbsent: false });
        return true;
      };
    }
  },
  /** Each try of a delivery has an id of its own. */
  "new-webhook-id": () => {
    const { get } = Deliveries.prototype;
    Deliveries.prototype.get = async function (ref) {
      const record = await get.call(this, ref);
      return record === undefined ? undefined : { ...record, id: `${record.id}_${randomUUID().slice(0, 4)}` };
    };
  },
} as const;

export type Mutation = keyof typeof mutations;

const stores = [FileStore, S3Store];

export function mutate(name: string): void {
  mutations[name as Mutation]();
}

function dropPuts(dropped: (key: string) => boolean): void {
  for (const store of stores) {
    const { put } = store.prototype;
    store.prototype.put = async function (key, body, options) {
      return dropped(key) ? true : put.call(this, key, body, options);
    };
  }
}
