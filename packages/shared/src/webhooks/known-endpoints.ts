import { randomUUID } from "node:crypto";
import type { EventType } from "../contracts/index.js";
import { onOtherMasters, type RedisConnection, redisPrefix } from "../redis/index.js";
import { type EndpointRecord, type Endpoints, isListening } from "./endpoints.js";

/** After this time the endpoints are read again, whatever the stamp says: no change is missed for longer. */
const stampSeconds = 60;
/** Tenants remembered. */
const mostKnown = 1_000;

/**
 * The endpoints of tenants as one process read them last. A stamp in Redis tells whether they have changed since: who changes them
 * takes it away, and who finds none sets another and reads them. Without Redis they are read each time. A replica that became the master
 * may still have a stamp that was taken away: what was read before is not used over a new connection.
 */
export class KnownEndpoints {
  readonly #endpoints: Pick<Endpoints, "list">;
  readonly #redis: RedisConnection;
  #known = new Map<string, { stamp: string; endpoints: EndpointRecord[] }>();

  constructor(endpoints: Pick<Endpoints, "list">, redis: RedisConnection) {
    this.#endpoints = endpoints;
    this.#redis = redis;
    // Another map: what is being read now goes into the old one.
    const doubt = () => {
      this.#known = new Map();
    };
    // As of live state: a cluster tells of each node by itself, and says nothing where one that it knows becomes a master.
    for (const event of ["ready", "+node", "-node"]) redis.on(event, doubt);
    onOtherMasters(redis, doubt);
  }

  /** The tenant's endpoints that are to be told of an event now. */
  async listening(tenant: string, type: EventType): Promise<EndpointRecord[]> {
    return (await this.#list(tenant)).filter((endpoint) => isListening(endpoint, type));
  }

  async #list(tenant: string): Promise<EndpointRecord[]> {
    const current = this.#known;
    // Before the endpoints are read: a change that comes in between takes this stamp away, and what was read is not used again.
    const stamp = await this.#stamp(tenant).catch(() => null);
    const known = this.#known.get(tenant);
    if (stamp !== null && known?.stamp === stamp) return known.endpoints;
    const endpoints = await this.#endpoints.list(tenant);
    if (current.size >= mostKnown) current.clear();
    if (stamp !== null) current.set(tenant, { stamp, endpoints });
    return endpoints;
  }

  async #stamp(tenant: string): Promise<string | null> {
    const key = stampKey(tenant);
    const held = await this.#redis.get(key);
    if (held !== null) return held;
    const fresh = randomUUID();
    const set = await this.#redis.set(key, fresh, "EX", stampSeconds, "NX");
    return set === null ? this.#redis.get(key) : fresh;
  }
}

/** Lets every process read a tenant's endpoints again. */
export async function forgetEndpoints(redis: RedisConnection, tenant: string): Promise<void> {
  await redis.del(stampKey(tenant));
}

function stampKey(tenant: string): string {
  return `${redisPrefix}:endpoints:${tenant}`;
}
