import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import {
  type AcceptedFilm,
  type Analysis,
  type IdempotencyEntry,
  IdempotencyKeys,
  type IdempotencyRecords,
  ProblemError,
  type RedisConnection,
  type UsedKey,
} from "@osteon/shared";
import type { SubmissionFields } from "./fields.js";

/** Time to accept films that have been read and checked; a gateway that died in it frees the key after it. */
const leaseMs = 30_000;
/** By so much gateways' clocks may differ: a lease that ends later is of a clock that is wrong, and would hold its key for as long as that. */
const clocksMs = 5_000;

/** A key that is this request's own now: it says how the request ended. */
export interface Claim {
  /** What the request keeps of it, so that it is erased with what comes of the request. */
  readonly used: UsedKey;
  /** False where the lease ran out and another request has the key, or Redis lost it: what was accepted here is in doubt. */
  settle(): Promise<boolean>;
  /** Puts the key's record into the store, as Redis may be wiped. False where another request's stands there: then the key is that one's. */
  keep(): Promise<boolean>;
  /** Gives the key up, as far as Redis can be reached. @param stays the analysis is there still: a repeat looks for it first */
  release(stays: boolean): Promise<void>;
}

/** Finds analyses for repeats. */
export interface RepeatLookup {
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

/**
 * Idempotency-Key after draft-ietf-httpapi-idempotency-key-header: per tenant, kept 24 hours, shared by all gateways through Redis.
 * What Redis does not know the store is asked for.
 */
export class Idempotency {
  readonly #keys: IdempotencyKeys;
  readonly #records: Pick<IdempotencyRecords, "find" | "keep">;
  readonly #now: () => number;

  constructor(
    redis: RedisConnection,
    records: Pick<IdempotencyRecords, "find" | "keep">,
    now: () => number = Date.now,
  ) {
    this.#keys = new IdempotencyKeys(redis);
    this.#records = records;
    this.#now = now;
  }

  /**
   * Claims the key, or tells the analysis that it already belongs to.
   * @param look decides also what became of a request whose gateway died
   * @throws ProblemError `idempotency-key-reused` for other content, `idempotency-in-flight` where the first is not answered yet.
   */
  async claim(
    { tenant, key, fingerprint, id }: ClaimedRequest,
    look: RepeatLookup,
  ): Promise<Claim | Analysis> {
    const name = createHash("sha256").update(`${tenant}\n${key}`).digest("hex");
    const now = this.#now();
    const mine: IdempotencyEntry = { fingerprint, id, until: now + leaseMs };
    const found = await this.#keys.take(name, mine);
    if (found !== undefined) {
      if (found.fingerprint !== fingerprint) throw new ProblemError("idempotency-key-reused");
      if (found.until === undefined) {
        const analysis = await look.promised(found.id);
        if (analysis !== undefined) return analysis;
      } else if (this.#isHeld(found.until)) throw inFlight();
      // In doubt, or erased since: of all that find it so, one goes on.
      if (!(await this.#keys.replace(name, found, mine))) throw inFlight();
    }
    try {
      const inDoubt = found?.until === undefined ? undefined : found;
      // Redis may never have known of it, or have lost it: with a wipe, or the last second of one that failed over.
      const record = await this.#records.find(name, now);
      const analysis =
        (await this.#resolved(inDoubt, mine, look)) ??
        (record?.id === inDoubt?.id ? undefined : await this.#resolved(record, mine, look));
      if (analysis === undefined) {
        const keep = () => this.#records.keep(name, { fingerprint, id, at: now }, record !== undefined);
        return { used: { name, at: now }, keep, ...this.#claimed(name, mine) };
      }
      // Not ours any more: whoever has it by now finds the same.
      if (!(await this.#keys.replace(name, mine, { fingerprint, id: analysis.id }))) throw inFlight();
      return analysis;
    } catch (error) {
      // What stood there leads to the analysis in doubt, and holds nobody.
      await this.#keys.replace(name, mine, found).catch(() => false);
      throw error;
    }
  }

  #isHeld(until: number): boolean {
    const left = until - this.#now();
    return left > 0 && left <= leaseMs + clocksMs;
  }

  /** What became of an earlier request under the key, which is `mine`. */
  async #resolved(
    earlier: Pick<IdempotencyEntry, "id" | "fingerprint"> | undefined,
    mine: IdempotencyEntry,
    look: RepeatLookup,
  ): Promise<Analysis | undefined> {
    if (earlier === undefined) return undefined;
    const { id, fingerprint } = earlier;
    if (fingerprint === mine.fingerprint) return look.inDoubt(id);
    // With other content this request promises nothing: it is refused where the analysis is there.
    if ((await look.promised(id)) ?? (await look.inDoubt(id)))
      throw new ProblemError("idempotency-key-reused");
    return undefined;
  }

  #claimed(name: string, mine: IdempotencyEntry): Pick<Claim, "settle" | "release"> {
    const after = promised(mine);
    return {
      settle: async () =>
        (await this.#keys.replace(name, mine, after)) ||
        // A repeat was faster: it is the same promise.
        isDeepStrictEqual(await this.#keys.get(name), after),
      release: async (stays) => {
        await this.#keys.replace(name, mine, stays ? { ...mine, until: 0 } : undefined).catch(() => false);
      },
    };
  }
}

function promised({ until: _, ...entry }: IdempotencyEntry): IdempotencyEntry {
  return entry;
}

function inFlight(): ProblemError {
  return new ProblemError("idempotency-in-flight", undefined, { retryAfter: 1 });
}

/** A string of structured fields (RFC 8941), with the parameters that it may have. */
const quoted = /^"((?:[^"\\]|\\["\\])*)"\s*(;.*)?$/;

/**
 * The key of the headers of its name: a structured-field string, or the bare text that many clients send. Of two, which may be a proxy's
 * or a client's repeat of one, nobody can tell which was meant.
 * @throws ProblemError `idempotency-key-invalid`
 */
export function parseIdempotencyKey(headers: readonly string[] = []): string | undefined {
  const [text, ...more] = headers;
  if (text === undefined) return undefined;
  const key = text.startsWith('"') ? quoted.exec(text)?.[1]?.replace(/\\(["\\])/g, "$1") : text;
  if (key === undefined || more.length > 0 || !/^[\x20-\x7e]{1,255}$/.test(key))
    throw new ProblemError("idempotency-key-invalid");
  return key;
}

/** What makes two submissions the same: the films' bytes in their order, and the fields; not the envelope, nor the way they came. */
export function fingerprintOf(
  films: readonly Pick<AcceptedFilm, "digest" | "name">[],
  fields: SubmissionFields,
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
