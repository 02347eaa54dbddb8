import type { DisabledReason, EventType } from "../contracts/index.js";
import { uuidv7 } from "../libraries/uuid.js";
import type { Lock, StillHeld } from "../locks/index.js";
import { ProblemError } from "../problems/index.js";
import type { EndpointRecord, EndpointRef, Endpoints } from "./endpoints.js";
import { newSigningSecret, type SecretBox } from "./secret-box.js";

export interface EndpointSettings {
  url: string;
  description: string;
  events: EventType[];
}

/** A change of an endpoint by its owner. */
export interface EndpointChange extends Partial<EndpointSettings> {
  enabled?: boolean;
}

/** Most secrets of one endpoint that sign at a time. */
const mostSecrets = 4;
const dayMs = 86_400_000;

/** Creates and changes endpoints: one change of a tenant's endpoints at a time, so that none is lost and the cap holds. */
export class EndpointRegistry {
  readonly #endpoints: Endpoints;
  readonly #lock: Lock;
  readonly #box: SecretBox;
  readonly #most: number;
  readonly #disableDays: number;
  readonly #changed: (tenant: string) => Promise<void>;
  readonly #now: () => number;

  /** @param parts `changed` is told of every change, before it is made and after it */
  constructor(parts: {
    endpoints: Endpoints;
    lock: Lock;
    box: SecretBox;
    most: number;
    disableDays: number;
    changed: (tenant: string) => Promise<void>;
    now?: () => number;
  }) {
    this.#endpoints = parts.endpoints;
    this.#lock = parts.lock;
    this.#box = parts.box;
    this.#most = parts.most;
    this.#disableDays = parts.disableDays;
    this.#changed = parts.changed;
    this.#now = parts.now ?? Date.now;
  }

  /** @throws ProblemError `too-many-webhooks`, `webhooks-off` */
  create(tenant: string, settings: EndpointSettings): Promise<{ record: EndpointRecord; secret: string }> {
    return this.#lock.run(lockName(tenant), async (stillHeld) => {
      if ((await this.#endpoints.list(tenant)).length >= this.#most)
        throw new ProblemError("too-many-webhooks");
      const id = uuidv7();
      const secret = newSigningSecret();
      const now = this.#time();
      const record: EndpointRecord = {
        id,
        tenant,
        ...settings,
        enabled: true,
        createdAt: now,
        updatedAt: now,
        secrets: [{ sealed: this.#box.seal(secret, placeOf({ tenant, id })) }],
      };
      await this.#write(tenant, stillHeld, () => this.#endpoints.put(record));
      return { record, secret };
    });
  }

  /** @throws ProblemError `webhook-not-found` */
  async find(ref: EndpointRef): Promise<EndpointRecord> {
    const record = await this.#endpoints.get(ref);
    if (record === undefined) throw new ProblemError("webhook-not-found");
    return record;
  }

  /**
   * What failed at another address, or before its owner said that all is well again, does not count any more.
   * @throws ProblemError `webhook-not-found`
   */
  change(ref: EndpointRef, { url, description, events, enabled }: EndpointChange): Promise<EndpointRecord> {
    return this.#update(ref, (record) => {
      const anew = enabled === true || (url !== undefined && url !== record.url);
      const changed: EndpointRecord = {
        ...(anew ? withoutFailure(record) : record),
        url: url ?? record.url,
        description: description ?? record.description,
        events: events ?? record.events,
        updatedAt: this.#time(),
      };
      if (enabled === undefined || enabled === record.enabled) return changed;
      return enabled ? this.#enabled(changed) : this.#disabled(changed, "asked");
    });
  }

  /**
   * A new secret; those before go on signing for the overlap.
   * @throws ProblemError `webhook-not-found`, `webhooks-off`
   */
  async rotate(
    ref: EndpointRef,
    overlapSeconds: number,
  ): Promise<{ secret: string; previousExpiresAt: string }> {
    const secret = newSigningSecret();
    const previousExpiresAt = new Date(this.#now() + overlapSeconds * 1000).toISOString();
    await this.#update(ref, (record) => ({
      ...record,
      updatedAt: this.#time(),
      secrets: [
        { sealed: this.#box.seal(secret, placeOf(ref)) },
        ...this.#signing(record).flatMap(({ sealed, expiresAt }) => {
          // Sealed anew, so that the master secret before may go; what none opens signs nothing any more.
          const held = this.#box.opened(sealed, placeOf(ref));
          if (held === undefined) return [];
          return {
            sealed: this.#box.seal(held, placeOf(ref)),
            expiresAt:
              expiresAt === undefined || expiresAt > previousExpiresAt ? previousExpiresAt : expiresAt,
          };
        }),
      ].slice(0, mostSecrets),
    }));
    return { secret, previousExpiresAt };
  }

  /** Secrets that sign now, newest first. @throws ProblemError `config-invalid` where they cannot be opened. */
  secrets(record: EndpointRecord): string[] {
    return this.#signing(record).map(({ sealed }) => this.#box.open(sealed, placeOf(record)));
  }

  /**
   * Deletes it with its deliveries, also where its record is damaged. A repeat goes on where one broke off: its folder is the
   * last to go.
   * @param forget takes what it was owed from whoever would deliver it
   * @throws ProblemError `webhook-not-found`
   */
  async delete(ref: EndpointRef, forget: (ref: EndpointRef) => Promise<void>): Promise<void> {
    await this.#lock.run(lockName(ref.tenant), async (stillHeld) => {
      if (!(await this.#endpoints.hasAny(ref))) throw new ProblemError("webhook-not-found");
      await this.#write(ref.tenant, stillHeld, () => this.#endpoints.remove(ref));
    });
    await forget(ref);
    await this.#endpoints.clear(ref);
  }

  /** Notes how a try ended; returns why the endpoint was disabled, where that follows. */
  async noteAttempt(
    record: EndpointRecord,
    result: "delivered" | "failed" | "gone",
  ): Promise<DisabledReason | undefined> {
    if (result === "delivered" ? record.failingSince === undefined : !this.#followsFrom(record, result))
      return undefined;
    let reason: DisabledReason | undefined;
    await this.#update(record, (current) => {
      // The address was changed while it was tried: how the one before answers says nothing of it.
      if (current.url !== record.url) return current;
      if (result === "delivered") return withoutFailure(current);
      const failing = { ...current, failingSince: current.failingSince ?? this.#time() };
      if (!current.enabled) return failing;
      if (result === "gone") reason = "gone";
      else if (this.#failedForTooLong(failing)) reason = "failing";
      return reason === undefined ? failing : this.#disabled(failing, reason);
    }).catch((error: unknown) => {
      // Deleted in the meantime: there is nothing to note.
      if (!(error instanceof ProblemError && error.code === "webhook-not-found")) throw error;
    });
    return reason;
  }

  /** Most failed tries change nothing: the first does, and one that comes after too long. */
  #followsFrom(record: EndpointRecord, result: "failed" | "gone"): boolean {
    if (record.failingSince === undefined) return true;
    return record.enabled && (result === "gone" || this.#failedForTooLong(record));
  }

  #failedForTooLong({ failingSince }: EndpointRecord): boolean {
    return failingSince !== undefined && this.#now() - Date.parse(failingSince) >= this.#disableDays * dayMs;
  }

  #signing({ secrets }: EndpointRecord): EndpointRecord["secrets"] {
    return secrets.filter(({ expiresAt }) => expiresAt === undefined || Date.parse(expiresAt) > this.#now());
  }

  #enabled({ disabled: _, ...record }: EndpointRecord): EndpointRecord {
    return { ...record, enabled: true };
  }

  #disabled(record: EndpointRecord, reason: DisabledReason): EndpointRecord {
    return { ...record, enabled: false, disabled: { reason, at: this.#time() } };
  }

  #update(ref: EndpointRef, change: (record: EndpointRecord) => EndpointRecord): Promise<EndpointRecord> {
    return this.#lock.run(lockName(ref.tenant), async (stillHeld) => {
      const changed = change(await this.find(ref));
      await this.#write(ref.tenant, stillHeld, () => this.#endpoints.put(changed));
      return changed;
    });
  }

  /** Told before, so that nothing is changed that could not be told; who misses the second finds it out within a minute. */
  async #write(tenant: string, stillHeld: StillHeld, step: () => Promise<void>): Promise<void> {
    await this.#changed(tenant);
    // What was read may be old by now, and would undo another's change.
    await stillHeld();
    await step();
    await this.#changed(tenant).catch(() => undefined);
  }

  #time(): string {
    return new Date(this.#now()).toISOString();
  }
}

function withoutFailure({ failingSince: _, ...record }: EndpointRecord): EndpointRecord {
  return record;
}

function lockName(tenant: string): string {
  return `webhooks:${tenant}`;
}

function placeOf({ tenant, id }: EndpointRef): string {
  return `${tenant}/${id}`;
}
