import { createHash, randomBytes } from "node:crypto";
import { type KeyRecord, ProblemError, queuePrefix } from "@osteon/shared";

/** What sessions need of Redis. */
interface SessionRedis {
  set(key: string, value: string, mode: "PX", milliseconds: number): Promise<unknown>;
  get(key: string): Promise<string | null>;
  del(key: string): Promise<unknown>;
}

export interface Session {
  /** Of the key that it was opened with. */
  keyId: string;
  expiresAt: string;
}

/** A working day. */
const longestMs = 8 * 3_600_000;

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

  /** Opens one for a key that is valid: for a working day, but not beyond the key. @returns also the whole seconds that it has */
  async open({
    id: keyId,
    expiresAt,
  }: Pick<KeyRecord, "id" | "expiresAt">): Promise<{ token: string; session: Session; seconds: number }> {
    const token = randomBytes(32).toString("base64url");
    const now = this.#now();
    const keyMs = expiresAt === undefined ? longestMs : Date.parse(expiresAt) - now;
    // Redis takes no time that is over, as a key's may be by now.
    const milliseconds = Math.max(1, Math.min(longestMs, keyMs));
    const session = { keyId, expiresAt: new Date(now + milliseconds).toISOString() };
    await this.#guarded(() => this.#redis.set(placeOf(token), JSON.stringify(session), "PX", milliseconds));
    return { token, session, seconds: Math.floor(milliseconds / 1000) };
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
