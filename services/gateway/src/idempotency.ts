import { createHash } from "node:crypto";
import {
  type AcceptedFilm,
  type Analysis,
  type IdempotencyRecords,
  idempotencyKeptMs,
  ProblemError,
  placeOfKey,
  type RedisConnection,
  type UsedKey,
} from "@osteon/shared";
import type { UploadFields } from "./uploads/fields.js";

const keptSeconds = idempotencyKeptMs / 1000;
/** Time to accept films that have been read and checked; a gateway that died in it frees the key after it. */
const leaseMs = 30_000;
/** By so much gateways' clocks may differ: a lease that ends later is of a clock that is wrong, and would hold its key for as long as that. */
const clocksMs = 5_000;

interface Entry {
  fingerprint: string;
  /** The analysis that the request becomes, known before it exists: so a gateway that dies in between is found out. */
  id: string;
  /** Milliseconds since the epoch; absent once the request was answered. */
  until?: number;
}

/** A key that is this request's own now: it says how the request ended. */
export interface Claim {
  /** What the request keeps of it, so that it is erased with what comes of the request. */
  readonly used: UsedKey;
  /** False where the lease ran out and another request has the key, or Redis lost it: what was accepted here is in doubt. */
  settle(): Promise<boolean>;
  /** The key's record in the store, under way: Redis may be wiped. Awaited before the request is answered. */
  readonly kept: Promise<void>;
  /** Gives the key up, as far as Redis can be reached. @param stays the analysis is there still: a repeat looks for it first */
  release(stays: boolean): Promise<void>;
}

/** Finds analyses for repeats. */
export interface Lookup {
  /** What was promised. */
  promised(id: string): Promise<Analysis | undefined>;
  /** What nobody knows the end of: whether it is promised now is decided with whoever may be at it still. */
  inDoubt(id: string): Promise<Analysis | undefined>;
}

export interface ClaimedRequest {
  tenant: string;
  key: string;
  fingerprint: string;
  /** Of the analysis that the request would become. */
  id: string;
}

/** Puts ARGV[1] where nothing stands, or returns what does. A script: `SET` takes NX with GET only from Redis 7 on. */
const takeScript = `
local found = redis.call("GET", KEYS[1])
if not found then redis.call("SET", KEYS[1], ARGV[1], "EX", ARGV[2]) end
return found
`;

/** Puts ARGV[2] (where it is empty: nothing) in the place of ARGV[1], or returns 0. */
const replaceScript = `
if redis.call("GET", KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == "" then redis.call("DEL", KEYS[1]) else redis.call("SET", KEYS[1], ARGV[2], "EX", ARGV[3]) end
return 1
`;

/**
 * Idempotency-Key after draft-ietf-httpapi-idempotency-key-header: per tenant, kept 24 hours, shared by all gateways through Redis.
 * What Redis does not know the store is asked for.
 */
export class Idempotency {
  readonly #redis: RedisConnection;
  readonly #records: IdempotencyRecords;
  readonly #now: () => number;

  constructor(redis: RedisConnection, records: IdempotencyRecords, now: () => number = Date.now) {
    this.#redis = redis;
    this.#records = records;
    this.#now = now;
  }

  /**
   * Claims the key, or tells the analysis that it already belongs to.
   * @param look decides also what became of a request whose gateway died
   * @throws ProblemError `idempotency-key-reused` for other content, `idempotency-in-flight` where the first is not answered yet.
   */
  async claim({ tenant, key, fingerprint, id }: ClaimedRequest, look: Lookup): Promise<Claim | Analysis> {
    const digest = createHash("sha256").update(`${tenant}\n${key}`).digest("hex");
    const name = placeOfKey(digest);
    const now = this.#now();
    const mine: Entry = { fingerprint, id, until: now + leaseMs };
    const claimed = (): Claim => {
      const kept = this.#records.keep(digest, { fingerprint, id, at: now });
      return { used: { name: digest, at: now }, ...this.#claimed(name, mine, kept) };
    };
    const text = await this.#take(name, mine);
    // Free, or lost: with a Redis that was wiped, or with the last second of one that failed over.
    if (text === null) return (await this.#earlier(digest, name, mine, look)) ?? claimed();
    const found = JSON.parse(text) as Entry;
    // Our own: the answer was lost with the connection, and the command sent again.
    if (found.id === id && text === JSON.stringify(mine)) return claimed();
    if (found.fingerprint !== fingerprint) throw new ProblemError("idempotency-key-reused");
    if (found.until === undefined) {
      const analysis = await look.promised(found.id);
      if (analysis !== undefined) return analysis;
    } else if (this.#isHeld(found.until)) throw inFlight();
    // In doubt, or erased since: of all that find it so, one goes on.
    if (!(await this.#replace(name, text, mine))) throw inFlight();
    const first =
      found.until === undefined
        ? undefined
        : await this.#as(name, mine, () => this.#resolved(found, mine, look));
    // It may have been the first to ask after Redis was wiped, and have died before it asked the store.
    return first ?? (await this.#earlier(digest, name, mine, look)) ?? claimed();
  }

  #isHeld(until: number): boolean {
    const left = until - this.#now();
    return left > 0 && left <= leaseMs + clocksMs;
  }

  /** What became of a request under this key that Redis has lost. */
  #earlier(digest: string, name: string, mine: Entry, look: Lookup): Promise<Analysis | undefined> {
    return this.#as(name, mine, async () => {
      const record = await this.#records.find(digest, this.#now());
      return record === undefined ? undefined : this.#resolved(record, mine, look);
    });
  }

  async #resolved(
    { id, fingerprint }: Pick<Entry, "id" | "fingerprint">,
    mine: Entry,
    look: Lookup,
  ): Promise<Analysis | undefined> {
    // Of another content nothing is promised here, unless it was.
    if (fingerprint !== mine.fingerprint && (await look.promised(id)) !== undefined)
      throw new ProblemError("idempotency-key-reused");
    const analysis = await look.inDoubt(id);
    if (analysis !== undefined && fingerprint !== mine.fingerprint)
      throw new ProblemError("idempotency-key-reused");
    return analysis;
  }

  /** Looks for an earlier analysis while the key is `mine`, and gives the key to what is found. Where it fails, the key is free. */
  async #as(
    name: string,
    mine: Entry,
    look: () => Promise<Analysis | undefined>,
  ): Promise<Analysis | undefined> {
    const text = JSON.stringify(mine);
    try {
      const analysis = await look();
      if (analysis === undefined) return undefined;
      const { fingerprint } = mine;
      // Not ours any more: whoever has it by now finds the same.
      if (!(await this.#replace(name, text, { fingerprint, id: analysis.id }))) throw inFlight();
      return analysis;
    } catch (error) {
      await this.#replace(name, text).catch(() => false);
      throw error;
    }
  }

  #claimed(name: string, mine: Entry, kept: Promise<void>): Omit<Claim, "used"> {
    const text = JSON.stringify(mine);
    const after = JSON.stringify(promised(mine));
    // Whoever claimed it may fail before it comes to this.
    kept.catch(() => undefined);
    return {
      kept,
      settle: async () =>
        (await this.#replace(name, text, promised(mine))) ||
        // A repeat was faster: it is the same promise.
        (await guarded(() => this.#redis.get(name))) === after,
      release: async (stays) => {
        await this.#replace(name, text, stays ? { ...mine, until: 0 } : undefined).catch(() => false);
      },
    };
  }

  /** What stands there already; null where it was free, and is ours now. */
  #take(name: string, mine: Entry): Promise<string | null> {
    const text = JSON.stringify(mine);
    return guarded(() => this.#redis.eval(takeScript, 1, name, text, keptSeconds) as Promise<string | null>);
  }

  async #replace(name: string, found: string, entry?: Entry): Promise<boolean> {
    const text = entry === undefined ? "" : JSON.stringify(entry);
    return (await guarded(() => this.#redis.eval(replaceScript, 1, name, found, text, keptSeconds))) === 1;
  }
}

function promised({ until: _, ...entry }: Entry): Entry {
  return entry;
}

function inFlight(): ProblemError {
  return new ProblemError("idempotency-in-flight", undefined, { retryAfter: 1 });
}

async function guarded<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw new ProblemError("queue-unavailable", undefined, { cause: error });
  }
}

/**
 * The key of a header's value: a structured-field string, or the bare text that many clients send.
 * @throws ProblemError `idempotency-key-invalid`
 */
export function parseIdempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  const text = Array.isArray(header) ? header.join(",") : header;
  const key = /^"(.*)"$/.exec(text)?.[1]?.replace(/\\(["\\])/g, "$1") ?? text;
  if (!/^[\x20-\x7e]{1,255}$/.test(key)) throw new ProblemError("idempotency-key-invalid");
  return key;
}

/** What makes two submissions the same: the films' bytes in their order, and the fields; not the envelope, nor the way they came. */
export function fingerprintOf(
  films: readonly Pick<AcceptedFilm, "digest" | "name">[],
  fields: UploadFields,
): string {
  const content = [
    films.map((film) => [film.digest, film.name ?? null]),
    fields.reference ?? null,
    fields.callbackUrl ?? null,
    fields.regionHint ?? null,
    fields.priority ?? "normal",
  ];
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}
