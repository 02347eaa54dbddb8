import { Markers } from "../analyses/markers.js";
import { deliveryName, eventOfWebhookId, type WebhookDelivery } from "../contracts/index.js";
import { firstIdOf } from "../ids.js";
import { type ProblemError, toProblem } from "../problems/index.js";
import { analysisFolder } from "../storage/analysis-folders.js";
import { getSealed, isUnreadable, type ObjectStore, putSealed, unlessDamaged } from "../storage/index.js";
import { turnedBack } from "../storage/turned-ids.js";
import type { EndpointRef } from "./endpoints.js";
import { deliveriesFolder, deliveryKey, endpointFolder } from "./keys.js";

/** Records read at once. */
const pageSize = 50;

/** Names a delivery: an event, and the endpoint it goes to; without one, the analysis's own callback address. */
export interface DeliveryRef {
  tenant: string;
  event: string;
  webhook?: string;
}

/** A delivery as it is kept. */
export interface DeliveryRecord extends WebhookDelivery {
  /** Tries since it was last asked for: where it stands in the schedule. */
  tries: number;
  /** When the first of these tries was noted. */
  triedSince?: string;
}

/** A record, or why there is none to be had; neither where there is none. */
interface Reading {
  record?: DeliveryRecord;
  problem?: ProblemError;
}

/**
 * The record of deliveries in the object store. One to an endpoint lives in the endpoint's folder, one to a callback
 * address in its analysis's, and goes with it. A marker tells that it is owed, another that it was given up.
 */
export class Deliveries {
  /** While a delivery is owed: until it is made or given up. */
  readonly owed: Markers;
  /** Dead letters: given up, and not asked for again. */
  readonly dead: Markers;
  readonly #store: ObjectStore;
  readonly #tenantOf: (event: string) => Promise<string | undefined>;

  /** @param tenantOf tells whose an analysis is, where a marker of its deliveries is damaged */
  constructor(store: ObjectStore, tenantOf: (event: string) => Promise<string | undefined>) {
    this.#store = store;
    this.#tenantOf = tenantOf;
    this.owed = new Markers(store, "deliveries/");
    this.dead = new Markers(store, "dead-letters/");
  }

  get(ref: DeliveryRef): Promise<DeliveryRecord | undefined> {
    return getSealed(this.#store, keyOf(ref));
  }

  /** As `get`, but where the record cannot be read it tells so instead of throwing. */
  async read(ref: DeliveryRef): Promise<Reading> {
    try {
      const record = await this.get(ref);
      return record === undefined ? {} : { record };
    } catch (error) {
      const problem = toProblem(error);
      if (!isUnreadable(problem)) throw error;
      return { problem };
    }
  }

  /** False where there is one already, and `ifAbsent` was asked. */
  put(ref: DeliveryRef, record: DeliveryRecord, options: { ifAbsent?: boolean } = {}): Promise<boolean> {
    return putSealed(this.#store, keyOf(ref), record, options);
  }

  /**
   * Ends what is owed, unless it was asked for again since its record said that it is over: what is pending has a marker.
   *
   * @returns whether it was
   */
  async close(ref: DeliveryRef): Promise<boolean> {
    await this.owed.remove(deliveryName(ref));
    if ((await this.get(ref))?.status !== "pending") return false;
    await this.owed.set({ tenant: ref.tenant, id: deliveryName(ref) });
    return true;
  }

  /** Notes that a delivery was given up. Test events leave no dead letter: nobody misses them. */
  async bury(ref: DeliveryRef, record: DeliveryRecord, reason: string): Promise<DeliveryRecord> {
    const { nextAttemptAt: _, ...rest } = record;
    const failed: DeliveryRecord = { ...rest, status: "failed", reason };
    if (record.type !== "webhook.test") await this.dead.set({ tenant: ref.tenant, id: deliveryName(ref) });
    await this.put(ref, failed);
    return failed;
  }

  /** The record and its markers. */
  async remove(ref: DeliveryRef): Promise<void> {
    const name = deliveryName(ref);
    await Promise.all([this.#store.delete(keyOf(ref)), this.owed.remove(name), this.dead.remove(name)]);
  }

  /** As `remove`, of what is gone: a store of files would keep the folder that a late record made anew, and its name. */
  async drop(ref: DeliveryRef): Promise<void> {
    await this.remove(ref);
    const { tenant, event, webhook } = ref;
    const folder = webhook === undefined ? analysisFolder(tenant, event) : endpointFolder(tenant, webhook);
    if ((await this.#store.list(folder, { limit: 1 })).length === 0) await this.#store.deletePrefix(folder);
  }

  /**
   * Deliveries to an endpoint, newest event first, from behind `after`. One whose record cannot be read is left out: it must not
   * keep the others from whoever asks.
   * @param onUnreadable told of each that is left out, by its event
   */
  async *of(
    tenant: string,
    webhook: string,
    after?: string,
    onUnreadable: (event: string, problem: ProblemError) => void = () => undefined,
  ): AsyncGenerator<DeliveryRecord> {
    const folder = deliveriesFolder(tenant, webhook);
    let last = after === undefined ? undefined : deliveryKey(tenant, webhook, after);
    for (;;) {
      const keys = await this.#store.list(folder, {
        limit: pageSize,
        ...(last === undefined ? {} : { after: last }),
      });
      const found = await Promise.all(
        keys.map(async (key) => {
          const event = turnedBack(key.slice(folder.length, -5));
          const found = await this.read({ tenant, webhook, event });
          if (found.problem !== undefined) onUnreadable(event, found.problem);
          return found.record;
        }),
      );
      for (const record of found) if (record !== undefined) yield record;
      last = keys.at(-1);
      if (keys.length < pageSize) return;
    }
  }

  /**
   * The delivery that a marker is of; undefined where there is none.
   * @throws ProblemError `record-damaged` where nobody knows whose it is
   */
  async refOf(markers: Markers, name: string): Promise<DeliveryRef | undefined> {
    const { event } = refOfName(name, "") ?? {};
    if (event === undefined) return undefined;
    const marker = await markers.find(name, () => this.#tenantOf(event));
    return marker === undefined ? undefined : refOfName(name, marker.tenant);
  }

  /**
   * Every dead letter, of all tenants, oldest event first, from behind the name `after`; where its record cannot be read, with what is
   * wrong with it.
   * @param onDamaged told of each that nobody knows whose it is: it is left out
   */
  async *deadLetters(
    onDamaged: (name: string, problem: ProblemError) => void = () => undefined,
    after?: string,
  ): AsyncGenerator<{ name: string; ref: DeliveryRef } & Reading> {
    for await (const name of this.dead.ids(after)) {
      const ref = await unlessDamaged(this.refOf(this.dead, name), (problem) => onDamaged(name, problem));
      if (ref === undefined) continue;
      const found = await this.read(ref);
      if (found.record !== undefined || found.problem !== undefined) yield { name, ref, ...found };
    }
  }

  /**
   * Removes an endpoint's deliveries of events before a time, but for those that are still owed. Damaged ones too: nobody can make them
   * any more. Returns how many.
   */
  async expire(
    tenant: string,
    webhook: string,
    before: number,
    onUnreadable?: (event: string, problem: ProblemError) => void,
  ): Promise<number> {
    let removed = 0;
    const damaged: string[] = [];
    const unread = (event: string, problem: ProblemError) => {
      if (problem.code === "record-damaged") damaged.push(event);
      onUnreadable?.(event, problem);
    };
    for await (const { id, status } of this.of(tenant, webhook, firstIdOf(before), unread)) {
      const event = eventOfWebhookId(id);
      if (status === "pending" || event === undefined) continue;
      const ref = { tenant, webhook, event };
      // Read with many others, it may have been asked for again since.
      const { record } = await this.read(ref);
      if (record === undefined || record.status === "pending") continue;
      await this.remove(ref);
      removed += 1;
    }
    for (const event of damaged) await this.remove({ tenant, webhook, event });
    return removed + damaged.length;
  }

  /**
   * Removes the markers of an endpoint that is gone; nothing where it is another tenant's. Returns the names of the deliveries that
   * were owed.
   */
  async forgetEndpoint(endpoint: EndpointRef): Promise<string[]> {
    const dead = await this.#namesOf(this.dead, endpoint);
    await this.dead.removeAll(dead);
    const owed = await this.#namesOf(this.owed, endpoint);
    await this.owed.removeAll(owed);
    return owed;
  }

  /** All markers of an endpoint are of one tenant: the first that can be read tells whose. */
  async #namesOf(markers: Markers, { tenant, id }: EndpointRef): Promise<string[]> {
    const names: string[] = [];
    let owner: string | undefined;
    for await (const name of markers.ids()) {
      if (!name.endsWith(id)) continue;
      owner ??= (await unlessDamaged(this.refOf(markers, name), () => undefined))?.tenant;
      if (owner !== undefined && owner !== tenant) return [];
      names.push(name);
    }
    return owner === undefined ? [] : names;
  }
}

const namePattern = /^([0-9a-f-]{36})-webhook-(callback|[0-9a-f-]{36})$/;

/** The delivery that a marker or a job is named for; undefined for another name. */
export function refOfName(name: string, tenant: string): DeliveryRef | undefined {
  const [, event, webhook] = namePattern.exec(name) ?? [];
  if (event === undefined || webhook === undefined) return undefined;
  return { tenant, event, ...(webhook === "callback" ? {} : { webhook }) };
}

function keyOf({ tenant, event, webhook }: DeliveryRef): string {
  return webhook === undefined
    ? `${analysisFolder(tenant, event)}delivery.json`
    : deliveryKey(tenant, webhook, event);
}
