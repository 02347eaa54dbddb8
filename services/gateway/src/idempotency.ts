import { createHash } from "node:crypto";
import { type AcceptedFilm, ProblemError, queuePrefix } from "@osteon/shared";
import type { Redis } from "ioredis";
import type { UploadFields } from "./uploads/upload.js";

const keptSeconds = 24 * 3600;
/** A gateway that died with a request in hand frees the key after this time. */
const inFlightSeconds = 150;

interface Entry {
  fingerprint: string;
  /** Absent while the first request is in flight. */
  id?: string;
}

/** A key that is this request's own now: it says how the request ended. */
export interface Claim {
  settle(id: string): Promise<void>;
  release(): Promise<void>;
}

/** Idempotency-Key after the IETF draft: per tenant, kept 24 hours, shared by all gateways through Redis. */
export class Idempotency {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /**
   * Claims the key, or tells the analysis that it already belongs to.
   * @throws ProblemError `idempotency-key-reused` for other content, `idempotency-in-flight` where the first is not answered yet.
   */
  async claim(tenant: string, key: string, fingerprint: string): Promise<Claim | { id: string }> {
    const name = `${queuePrefix}:idempotency:${createHash("sha256").update(`${tenant}\n${key}`).digest("hex")}`;
    return this.#guarded(async () => {
      const mine: Entry = { fingerprint };
      // With GET the answer is what stood there before: nothing, where the key was free.
      const text = await this.#redis.set(name, JSON.stringify(mine), "EX", inFlightSeconds, "NX", "GET");
      if (text === null) return this.#claimed(name, mine);
      const found = JSON.parse(text) as Entry;
      if (found.fingerprint !== fingerprint) throw new ProblemError("idempotency-key-reused");
      if (found.id === undefined)
        throw new ProblemError("idempotency-in-flight", undefined, { retryAfter: 1 });
      return { id: found.id };
    });
  }

  #claimed(name: string, entry: Entry): Claim {
    return {
      settle: async (id) => {
        await this.#guarded(() =>
          this.#redis.set(name, JSON.stringify({ ...entry, id } satisfies Entry), "EX", keptSeconds),
        );
      },
      release: async () => {
        await this.#redis.del(name).catch(() => undefined);
      },
    };
  }

  async #guarded<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      if (error instanceof ProblemError) throw error;
      throw new ProblemError("queue-unavailable", undefined, { cause: error });
    }
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

/** What makes two submissions the same: the films' bytes in their order, and the fields; not the envelope. */
export function fingerprintOf(films: readonly AcceptedFilm[], fields: UploadFields): string {
  const content = [
    films.map((film) => [film.digest, film.name ?? null]),
    fields.reference ?? null,
    fields.callbackUrl ?? null,
    fields.regionHint ?? null,
  ];
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}
