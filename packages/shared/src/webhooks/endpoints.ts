import type { EventType, WebhookEndpoint } from "../contracts/index.js";
import type { ProblemError } from "../problems/index.js";
import { getSealed, type ObjectStore, putSealed, unlessDamaged, walk } from "../storage/index.js";
import { endpointFolder, endpointKey, endpointsFolder } from "./keys.js";

/** A signing secret as it is kept. */
export interface SealedSecret {
  sealed: string;
  /** Until when it signs; the newest has none. */
  expiresAt?: string;
}

/** `endpoint.json`: an endpoint with its secrets, newest first. */
export interface EndpointRecord extends WebhookEndpoint {
  tenant: string;
  secrets: SealedSecret[];
}

/** Names an endpoint. */
export interface EndpointRef {
  tenant: string;
  id: string;
}

/** The endpoints of all tenants, in the object store. Changes go through the `EndpointRegistry`. */
export class Endpoints {
  readonly #store: ObjectStore;
  readonly #onDamaged: (ref: EndpointRef, problem: ProblemError) => void;

  /** @param onDamaged told of each endpoint that a list leaves out, at each reading: it is owed nothing, and nobody else would notice */
  constructor(
    store: ObjectStore,
    onDamaged: (ref: EndpointRef, problem: ProblemError) => void = () => undefined,
  ) {
    this.#store = store;
    this.#onDamaged = onDamaged;
  }

  get({ tenant, id }: EndpointRef): Promise<EndpointRecord | undefined> {
    return getSealed(this.#store, endpointKey(tenant, id));
  }

  exists({ tenant, id }: EndpointRef): Promise<boolean> {
    return this.#store.exists(endpointKey(tenant, id));
  }

  async put(record: EndpointRecord): Promise<void> {
    await putSealed(this.#store, endpointKey(record.tenant, record.id), record);
  }

  /** Whether there is something of an endpoint: its record, or what a deletion that broke off has left. */
  async hasAny({ tenant, id }: EndpointRef): Promise<boolean> {
    return (await this.#store.list(endpointFolder(tenant, id), { limit: 1 })).length > 0;
  }

  /** Removes an endpoint's record: from then on nothing is delivered, and nothing written that would stay. */
  async remove({ tenant, id }: EndpointRef): Promise<void> {
    await this.#store.delete(endpointKey(tenant, id));
  }

  /** Removes all that there is of an endpoint. */
  async clear({ tenant, id }: EndpointRef): Promise<void> {
    await this.#store.deletePrefix(endpointFolder(tenant, id));
  }

  /** A tenant's endpoints, oldest first. One whose record is damaged has no address any more, and is none. */
  async list(tenant: string): Promise<EndpointRecord[]> {
    const found = await Promise.all((await this.ids(tenant)).map((id) => this.#sound({ tenant, id })));
    return found.filter((record) => record !== undefined);
  }

  /** The ids of a tenant's endpoints, oldest first, whatever their records say. */
  ids(tenant: string): Promise<string[]> {
    return this.#folders(endpointsFolder(tenant));
  }

  /** The tenant's endpoints that are to be told of an event now. */
  async listening(tenant: string, type: EventType): Promise<EndpointRecord[]> {
    return (await this.list(tenant)).filter((endpoint) => isListening(endpoint, type));
  }

  /** Every endpoint of every tenant. */
  async *refs(): AsyncGenerator<EndpointRef> {
    for (const tenant of await this.#folders("webhooks/"))
      for (const id of await this.ids(tenant)) yield { tenant, id };
  }

  #sound(ref: EndpointRef): Promise<EndpointRecord | undefined> {
    return unlessDamaged(this.get(ref), (problem) => this.#onDamaged(ref, problem));
  }

  async #folders(prefix: string): Promise<string[]> {
    const names: string[] = [];
    for await (const folder of walk(this.#store, prefix, { folders: true }))
      names.push(folder.split("/").at(-2) ?? "");
    return names;
  }
}

export function isListening({ enabled, events }: EndpointRecord, type: EventType): boolean {
  return enabled && events.includes(type);
}

/** An endpoint without what only we may know. */
export function publicEndpoint({ tenant: _, secrets: __, ...endpoint }: EndpointRecord): WebhookEndpoint {
  return endpoint;
}
