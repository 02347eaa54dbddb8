import { createHash, randomBytes } from "node:crypto";
import { ProblemError, queuePrefix } from "@osteon/shared";

/** What sessions need of Redis. */
interface SessionRedis {
  set(key: string, value: string, mode: "EX", seconds: number): Promise<unknown>;
  get(key: string): Promise<string | null>;
  del(key: string): Promise<unknown>;
}

export interface Session {
  /** Of the key that it was opened with. */
  keyId: string;
  expiresAt: string;
}

/** A working day. */
export const sessionSeconds = 8 * 3600;

/**
 * Sessions of people at the page. The browser holds a random token, Redis its hash with the key's id: neither gives the
 * other away, every gateway knows it, and a wiped Redis means no more than to sign in again.
 */
export class Sessions {
  readonly #redis: SessionRedis;
  readonly #now: () => number;

  constructor(redis: SessionRedis, now: () => number = Date.now) {
    this.#redis = redis;
    this.#now = now;
  }

  async open(keyId: string): Promise<{ token: string; session: Session }> {
    const token = randomBytes(32).toString("base64url");
    const session = { keyId, expiresAt: new Date(this.#now() + sessionSeconds * 1000).toISOString() };
    await this.#guarded(() => this.#redis.set(placeOf(token), JSON.stringify(session), "EX", sessionSeconds));
    return { token, session };
  }

  /** Undefined where there is none any more. @throws ProblemError `queue-unavailable` */
  async find(token: string): Promise<Session | undefined> {
    const text = await this.#guarded(() => this.#redis.get(placeOf(token)));
    return text === null ? undefined : (JSON.parse(text) as Session);
  }

  async close(token: string): Promise<void> {
    await this.#guarded(() => this.#redis.del(placeOf(token)));
  }

  async #guarded<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      throw new ProblemError("queue-unavailable", undefined, { cause: error });
    }
  }
}

function placeOf(token: string): string {
  return `${queuePrefix}:session:${createHash("sha256").update(token).digest("base64url")}`;
}
