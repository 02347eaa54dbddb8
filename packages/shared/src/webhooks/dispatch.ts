import {
  type Analysis,
  type AnalysisRequest,
  type AnalysisStatus,
  deliveryName,
  type EventType,
  eventOfWebhookId,
  plainVersion,
  webhookId,
} from "../contracts/index.js";
import { timeOfId } from "../ids.js";
import { ProblemError } from "../problems/index.js";
import type { Queues } from "../queues/index.js";
import type { Deliveries, DeliveryRecord, DeliveryRef } from "./deliveries.js";
import type { EndpointRef, Endpoints } from "./endpoints.js";

/** Most deliveries that one call asks for again. */
const mostRedelivered = 500;
/** Most that one call looks at: a caller waits for it, and a gateway works on it. */
const mostLooked = 5_000;
/** Analyses that took longer are not looked for among older events. */
const longestWayMs = 7 * 24 * 3_600_000;

/** Knows which analyses have ended. */
interface Ends {
  has(analysis: { tenant: string; id: string }): Promise<boolean>;
}

/** Owes events to their receivers: what is owed stands in the store before its job stands in the queue. */
export class Dispatch {
  readonly #endpoints: Endpoints;
  readonly #known: Pick<Endpoints, "listening">;
  readonly #deliveries: Deliveries;
  readonly #results: Ends;
  readonly #queues: Queues;
  readonly #now: () => number;

  /** @param parts `known` tells who is listening without reading the endpoints each time; it must miss no change */
  constructor(parts: {
    endpoints: Endpoints;
    known?: Pick<Endpoints, "listening">;
    deliveries: Deliveries;
    results: Ends;
    queues: Queues;
    now?: () => number;
  }) {
    this.#endpoints = parts.endpoints;
    this.#known = parts.known ?? parts.endpoints;
    this.#deliveries = parts.deliveries;
    this.#results = parts.results;
    this.#queues = parts.queues;
    this.#now = parts.now ?? Date.now;
  }

  /** Owes the end of an analysis to its callback address and to each endpoint that asks for it. A repeat changes nothing. */
  async owe({ tenant, id, callbackUrl }: AnalysisRequest, ended: Analysis): Promise<void> {
    const type = `analysis.${ended.status}` as EventType;
    const endpoints = await this.#known.listening(tenant, type);
    const refs: DeliveryRef[] = [
      ...(callbackUrl === undefined ? [] : [{ tenant, event: id }]),
      ...endpoints.map((endpoint) => ({ tenant, event: id, webhook: endpoint.id })),
    ];
    await Promise.all(refs.map((ref) => this.#owe(ref, newDelivery(ref, type, ended.status, this.#now()))));
  }

  /** Owes an endpoint an event that only tries it. It is tried once. */
  async sendTest({ tenant, id: webhook }: EndpointRef, event: string): Promise<DeliveryRecord> {
    const ref = { tenant, event, webhook };
    const record = newDelivery(ref, "webhook.test", "test", this.#now());
    await this.#owe(ref, record);
    return record;
  }

  /** Adds the job of a delivery that is owed. */
  async enqueue(ref: DeliveryRef): Promise<void> {
    const { tenant, event, webhook } = ref;
    await this.#queues.add("webhook", {
      id: deliveryName(ref),
      data: { v: plainVersion, tenant, event, ...(webhook === undefined ? {} : { webhook }) },
    });
  }

  /**
   * Makes a delivery again that was made or given up: under its own id, from the schedule's beginning. Not while its endpoint is disabled:
   * nothing would be tried, and why it was given up at first would be lost.
   * @throws ProblemError `delivery-not-found`, `delivery-pending`, `webhook-disabled`
   */
  async redeliver(ref: DeliveryRef): Promise<DeliveryRecord> {
    const record = await this.#deliveries.get(ref);
    if (record === undefined) throw new ProblemError("delivery-not-found");
    const { tenant, webhook } = ref;
    const endpoint = webhook === undefined ? undefined : await this.#endpoints.get({ tenant, id: webhook });
    if (endpoint?.enabled === false) throw new ProblemError("webhook-disabled");
    if (record.status === "pending") throw new ProblemError("delivery-pending");
    return this.#again(ref, record);
  }

  /**
   * Makes again what an endpoint's deliveries failed of events since a time, newest first. Where a further call would find more,
   * `nextCursor` is where it goes on, given as `after`. `looks` is how many deliveries it looks at.
   */
  async redeliverFailed(
    { tenant, id: webhook }: EndpointRef,
    since: number,
    { after, looks = mostLooked }: { after?: string | undefined; looks?: number } = {},
  ): Promise<{ redelivered: number; more: boolean; nextCursor?: string }> {
    let [redelivered, looked] = [0, 0];
    let last: string | undefined;
    for await (const record of this.#deliveries.of(tenant, webhook, after)) {
      if (redelivered === mostRedelivered || looked === looks)
        return { redelivered, more: true, ...(last === undefined ? {} : { nextCursor: last }) };
      looked += 1;
      last = record.id;
      const event = eventOfWebhookId(record.id);
      if (event === undefined || record.status !== "failed" || record.type === "webhook.test") continue;
      // Events are ordered by when their analyses were accepted, and are owed when these have ended.
      if (timeOfId(event) < since - longestWayMs) break;
      if (Date.parse(record.createdAt) < since) continue;
      await this.#again({ tenant, event, webhook }, record);
      redelivered += 1;
    }
    return { redelivered, more: false };
  }

  /** Makes a dead letter of a delivery: it stays on record, and nothing is owed any more. */
  async giveUp(ref: DeliveryRef, reason: string): Promise<void> {
    const { record, problem } = await this.#deliveries.read(ref);
    // Left to a worker of that version.
    if (problem?.code === "record-too-new") throw problem;
    if (problem !== undefined) {
      // A damaged record takes no reason: its dead letter is listed with what is wrong with it.
      await this.#deliveries.dead.set({ tenant: ref.tenant, id: deliveryName(ref) });
      await this.#deliveries.owed.remove(deliveryName(ref));
    } else {
      if (record?.status === "pending") await this.#deliveries.bury(ref, record, reason);
      await this.#deliveries.close(ref);
    }
    // Deleted meanwhile: what was written just now must not stay.
    if (await isGone({ endpoints: this.#endpoints, results: this.#results }, ref, record))
      await this.#deliveries.drop(ref);
  }

  /** Deliveries of an analysis: to its callback address first, then to its tenant's endpoints. */
  async ofAnalysis(tenant: string, event: string): Promise<DeliveryRecord[]> {
    const refs = await deliveryRefs(this.#endpoints, tenant, event);
    const found = await Promise.all(refs.map((ref) => this.#deliveries.get(ref)));
    return found.filter((record) => record !== undefined);
  }

  /** Whether a delivery of an analysis is neither made nor given up. */
  async owes(tenant: string, event: string): Promise<boolean> {
    const refs = await deliveryRefs(this.#endpoints, tenant, event);
    const owed = await Promise.all(refs.map((ref) => this.#deliveries.owed.has(deliveryName(ref))));
    return owed.includes(true);
  }

  /** Sets the markers that an analysis's pending deliveries lack, as in a copy of a store in use. @returns whether any did */
  async setLostMarkers(tenant: string, event: string): Promise<boolean> {
    const set = async (ref: DeliveryRef) => {
      const { record } = await this.#deliveries.read(ref);
      if (record?.status !== "pending" || (await this.#deliveries.owed.has(deliveryName(ref)))) return false;
      await this.#deliveries.owed.set({ tenant, id: deliveryName(ref) });
      return true;
    };
    const refs = await deliveryRefs(this.#endpoints, tenant, event);
    return (await Promise.all(refs.map(set))).includes(true);
  }

  /** Takes an analysis's deliveries out of the queue. */
  async dequeue(tenant: string, event: string): Promise<void> {
    for (const ref of await deliveryRefs(this.#endpoints, tenant, event))
      await this.#queues.remove("webhook", deliveryName(ref));
  }

  /** Takes what a deleted endpoint was owed out of store and queue. */
  async forgetEndpoint(endpoint: EndpointRef): Promise<void> {
    for (const name of await this.#deliveries.forgetEndpoint(endpoint))
      await this.#queues.remove("webhook", name);
  }

  async #owe(ref: DeliveryRef, record: DeliveryRecord): Promise<void> {
    // In this order: whoever meets the marker finds the record.
    const first = await this.#deliveries.put(ref, record, { ifAbsent: true });
    // Whoever came first may have seen it through already.
    if (!first && (await this.#isSeenThrough(ref))) return;
    await this.#deliveries.owed.set({ tenant: ref.tenant, id: deliveryName(ref) });
    await this.enqueue(ref);
  }

  /** A damaged record tells nothing: its job makes a dead letter of it. */
  async #isSeenThrough(ref: DeliveryRef): Promise<boolean> {
    const { record, problem } = await this.#deliveries.read(ref);
    return problem === undefined && record?.status !== "pending";
  }

  async #again(ref: DeliveryRef, { reason: _, ...record }: DeliveryRecord): Promise<DeliveryRecord> {
    const name = deliveryName(ref);
    const pending: DeliveryRecord = {
      ...record,
      status: "pending",
      tries: 0,
      nextAttemptAt: new Date(this.#now()).toISOString(),
    };
    // A job that failed stays under its id for a while: it would keep the new one out, and a reconciler that met it beside what is
    // owed again would give the delivery up.
    await this.#queues.remove("webhook", name);
    await this.#deliveries.owed.set({ tenant: ref.tenant, id: name });
    await this.#deliveries.put(ref, pending);
    // Once more: whoever ended the delivery before may have taken the first away, while the record did not ask for it yet.
    await this.#deliveries.owed.set({ tenant: ref.tenant, id: name });
    await this.#deliveries.dead.remove(name);
    await this.enqueue(ref);
    return pending;
  }
}

/** Whether what a delivery tells of, or its endpoint, was deleted. */
export async function isGone(
  { endpoints, results }: { endpoints: Pick<Endpoints, "exists">; results: Ends },
  { tenant, event, webhook }: DeliveryRef,
  record: DeliveryRecord | undefined,
): Promise<boolean> {
  if (webhook !== undefined && !(await endpoints.exists({ tenant, id: webhook }))) return true;
  return record?.type !== "webhook.test" && !(await results.has({ tenant, id: event }));
}

/** Every delivery that an event may have: to the callback address and to each endpoint of the tenant. */
export async function deliveryRefs(
  endpoints: Endpoints,
  tenant: string,
  event: string,
): Promise<DeliveryRef[]> {
  const ids = await endpoints.ids(tenant);
  return [{ tenant, event }, ...ids.map((webhook) => ({ tenant, event, webhook }))];
}

function newDelivery(
  { event, webhook }: DeliveryRef,
  type: DeliveryRecord["type"],
  status: AnalysisStatus | "test",
  time: number,
): DeliveryRecord {
  const now = new Date(time).toISOString();
  return {
    id: webhookId(event, status),
    type,
    ...(webhook === undefined ? {} : { webhook }),
    ...(status === "test" ? {} : { analysis: event }),
    status: "pending",
    createdAt: now,
    nextAttemptAt: now,
    attempts: [],
    tries: 0,
  };
}
