import { ProblemError } from "../problems/index.js";
import { getSealed, type ObjectStore, putSealed, unlessDamaged, walk } from "../storage/index.js";
import { formatKey, hashSecret, newKeyText, parseKey, secretMatches } from "./key-text.js";
import { KnownKeys } from "./known-keys.js";

export const scopes = ["submit", "urgent", "read", "webhooks", "admin"] as const;
export type Scope = (typeof scopes)[number];

/** Calls a minute of a key that has a budget of its own; 0 is no limit. Other keys share their tenant's budget. */
export interface KeyLimits {
  submissions?: number;
  reads?: number;
}

/** What is kept of a key: never the key itself. */
export interface KeyRecord {
  id: string;
  tenant: string;
  /** For people; says who holds it. */
  name: string;
  scopes: Scope[];
  secretHash: string;
  createdAt: string;
  expiresAt?: string;
  /** Of one that was rotated: the end that it had by itself, which its successors have. */
  rotated?: { expiresAt?: string };
  revokedAt?: string;
  limits?: KeyLimits;
}

export interface NewKey {
  tenant: string;
  name: string;
  scopes: readonly Scope[];
  expiresAt?: Date;
  limits?: KeyLimits;
}

/** The one tenant of a system without keys. */
export const onlyTenant = "default";

/** Whether there can be a tenant of that name, which is part of storage keys. */
export function isTenant(name: string): boolean {
  return /^[a-z0-9][a-z0-9-]{0,62}$/.test(name);
}

const folder = "keys/";
/** An empty object for each key that was revoked: a rotation that did not see it in the record sees it here. */
const revokedFolder = "revoked-keys/";
const suffix = ".json";

/** The keys of all tenants, in the object store. Gateways read them, the command line writes them. */
export class KeyRing {
  readonly #store: ObjectStore;
  readonly #now: () => number;
  readonly #known: KnownKeys;

  /** @param elapsed milliseconds by a clock that nobody sets: for how long a record is believed */
  constructor(
    store: ObjectStore,
    now: () => number = Date.now,
    elapsed: () => number = () => performance.now(),
  ) {
    this.#store = store;
    this.#now = now;
    this.#known = new KnownKeys((id) => this.#read(id), elapsed);
  }

  /**
   * Makes a key. Its text is returned here and nowhere else.
   * @throws ProblemError `validation-failed` for a tenant, name or scopes that cannot be.
   */
  async create(key: NewKey): Promise<{ text: string; record: KeyRecord }> {
    const errors = [
      ...(isTenant(key.tenant)
        ? []
        : [{ detail: "must be 1 to 63 lower-case letters, digits and hyphens", pointer: "/tenant" }]),
      ...(key.scopes.length > 0
        ? []
        : [{ detail: `must be some of ${scopes.join(", ")}`, pointer: "/scopes" }]),
      ...(key.name.length <= 100 ? [] : [{ detail: "must have at most 100 characters", pointer: "/name" }]),
    ];
    if (errors.length > 0) throw new ProblemError("validation-failed", undefined, { errors });
    const text = newKeyText();
    const record: KeyRecord = {
      id: text.id,
      tenant: key.tenant,
      name: key.name,
      scopes: [...new Set(key.scopes)],
      secretHash: hashSecret(text.secret),
      createdAt: new Date(this.#now()).toISOString(),
      ...(key.expiresAt === undefined ? {} : { expiresAt: key.expiresAt.toISOString() }),
      ...(key.limits === undefined ? {} : { limits: key.limits }),
    };
    await putSealed(this.#store, place(record.id), record, { ifAbsent: true });
    return { text: formatKey(text), record };
  }

  /**
   * All keys, oldest first.
   * @param onDamaged told of each whose record is damaged, by its id: it is left out
   */
  async list(onDamaged: (id: string, problem: ProblemError) => void = () => undefined): Promise<KeyRecord[]> {
    const records: KeyRecord[] = [];
    for await (const key of walk(this.#store, folder)) {
      const id = key.slice(folder.length, -suffix.length);
      const record = await unlessDamaged(getSealed<KeyRecord>(this.#store, key), (problem) =>
        onDamaged(id, problem),
      );
      if (record !== undefined) records.push(record);
    }
    return records.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
  }

  /** @throws ProblemError `key-not-found` */
  async revoke(id: string): Promise<KeyRecord> {
    const record = await this.#read(id);
    if (record === undefined) throw new ProblemError("key-not-found");
    if (record.revokedAt !== undefined) return record;
    await this.#store.put(revokedFolder + id, "{}", { contentType: "application/json" });
    return this.#write(this.#revoked(record));
  }

  /**
   * A new key of the same tenant, name, scopes, limits and expiry; the old one goes on for `overlapSeconds`, so that its holder can change over.
   * Again it is the same, but for the overlap, which was the first's: another new key.
   * @throws ProblemError `key-not-found`, `key-invalid` for one that is over.
   */
  async rotate(id: string, overlapSeconds: number): Promise<{ text: string; record: KeyRecord }> {
    const old = await this.#read(id);
    if (old === undefined) throw new ProblemError("key-not-found");
    if (!this.#valid(old)) throw new ProblemError("key-invalid");
    const { tenant, name, scopes, limits } = old;
    const { expiresAt } = old.rotated ?? old;
    const made = await this.create({
      tenant,
      name,
      scopes,
      ...(limits === undefined ? {} : { limits }),
      ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) }),
    });
    const end = new Date(this.#now() + overlapSeconds * 1000).toISOString();
    const last = old.expiresAt !== undefined && old.expiresAt < end ? old.expiresAt : end;
    const rotated = { ...(expiresAt === undefined ? {} : { expiresAt }) };
    const written = await this.#write({ ...old, expiresAt: last, rotated });
    // It may have been revoked meanwhile: that stays so, and its successor is revoked with it.
    if (!(await this.#store.exists(revokedFolder + id))) return made;
    await this.#write(this.#revoked(written));
    await this.revoke(made.record.id);
    throw new ProblemError("key-invalid");
  }

  /**
   * The record of a key that is valid now.
   * @throws ProblemError `key-invalid`, without saying why; `too-many-unknown-keys`; `record-damaged`: whoever has the key is not to
   *   take it for a wrong one
   */
  async verify(text: string): Promise<KeyRecord> {
    const parsed = parseKey(text);
    const record = parsed === undefined ? undefined : await this.#known.get(parsed.id);
    if (parsed === undefined || record === undefined || !secretMatches(parsed.secret, record.secretHash)) {
      throw new ProblemError("key-invalid");
    }
    if (!this.#valid(record)) throw new ProblemError("key-invalid");
    return record;
  }

  /** The record of the key of an id that a session names, where it is valid now. @throws ProblemError `key-invalid` */
  async find(id: string): Promise<KeyRecord> {
    const record = await this.#known.get(id, { given: true });
    if (record === undefined || !this.#valid(record)) throw new ProblemError("key-invalid");
    return record;
  }

  #valid(record: KeyRecord): boolean {
    if (record.revokedAt !== undefined) return false;
    return record.expiresAt === undefined || Date.parse(record.expiresAt) > this.#now();
  }

  #revoked(record: KeyRecord): KeyRecord {
    return { ...record, revokedAt: new Date(this.#now()).toISOString() };
  }

  async #read(id: string): Promise<KeyRecord | undefined> {
    if (!/^[a-z2-7]{16}$/.test(id)) return undefined;
    return getSealed(this.#store, place(id));
  }

  async #write(record: KeyRecord): Promise<KeyRecord> {
    await putSealed(this.#store, place(record.id), record);
    this.#known.forget(record.id);
    return record;
  }
}

function place(id: string): string {
  return folder + id + suffix;
}
