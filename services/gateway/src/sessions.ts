import { createHash, randomBytes } from "node:crypto";
import { type KeyRecord, redisGuarded, redisPrefix } from "@osteon/shared";

/** What sessions need of Redis. */
interface SessionRedis {
  eval(script: string, keys: number, ...args: (string | number)[]): Promise<unknown>;
  get(key: string): Promise<string | null>;
}

export interface Session {
  /** Of the key that it was opened with. */
  keyId: string;
  expiresAt: string;
}

/** A working day. */
const longestMs = 8 * 3_600_000;
/** Open ones of a key: signing in is cheap, and what it leaves in Redis would be without an end. */
const mostOfKey = 100;

/** KEYS: the key's sessions by their ends, the session. ARGV: its end, its text, its milliseconds, now, most of a key. */
const openScript = `
  redis.call("ZREMRANGEBYSCORE", KEYS[1], 0, ARGV[4])
  redis.call("SET", KEYS[2], ARGV[2], "PX", ARGV[3])
  redis.call("ZADD", KEYS[1], ARGV[1], KEYS[2])
  redis.call("PEXPIRE", KEYS[1], ${longestMs})
  local over = redis.call("ZCARD", KEYS[1]) - ARGV[5]
  if over > 0 then
    for at, name in ipairs(redis.call("ZPOPMIN", KEYS[1], over)) do
      if at % 2 == 1 then redis.call("DEL", name) end
    end
  end`;

/** KEYS: the key's sessions, the session. */
const closeScript = `
  redis.call("ZREM", KEYS[1], KEYS[2])
  redis.call("DEL", KEYS[2])`;

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

  /**
   * Opens one for a key that is valid: for a working day, but not beyond the key. Of a hundred of the key the one that ends first is closed for it.
   * @returns also the whole seconds that it has
   */
  async open({
    id: keyId,
    expiresAt,
  }: Pick<KeyRecord, "id" | "expiresAt">): Promise<{ token: string; session: Session; seconds: number }> {
    const token = randomBytes(32).toString("base64url");
    const now = this.#now();
    const keyMs = expiresAt === undefined ? longestMs : Date.parse(expiresAt) - now;
    // Redis takes no time that is over, as a key's may be by now.
    const milliseconds = Math.max(1, Math.min(longestMs, keyMs));
    const end = now + milliseconds;
    const session = { keyId, expiresAt: new Date(end).toISOString() };
    const text = JSON.stringify(session);
    const places = [placeOfKey(keyId), placeOf(token)];
    await redisGuarded(() =>
      this.#redis.eval(openScript, 2, ...places, end, text, milliseconds, now, mostOfKey),
    );
    return { token, session, seconds: Math.floor(milliseconds / 1000) };
  }

  /** Undefined where there is none any more. @throws ProblemError `queue-unavailable` */
  async find(token: string): Promise<Session | undefined> {
    const text = await redisGuarded(() => this.#redis.get(placeOf(token)));
    return text === null ? undefined : (JSON.parse(text) as Session);
  }

  async close(token: string): Promise<void> {
    const session = await this.find(token);
    if (session === undefined) return;
    const places = [placeOfKey(session.keyId), placeOf(token)];
    await redisGuarded(() => this.#redis.eval(closeScript, 2, ...places));
  }
}

function placeOfKey(keyId: string): string {
  return `${redisPrefix}:sessions-of:${keyId}`;
}

function placeOf(token: string): string {
  return `${redisPrefix}:session:${createHash("sha256").update(token).digest("base64url")}`;
}
