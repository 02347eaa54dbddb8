import type { UsedKey } from "../contracts/index.js";
import { type RedisConnection, redisGuarded, redisPrefix } from "../redis/index.js";
import { idempotencyKeptMs } from "./idempotency-records.js";

const keptSeconds = idempotencyKeptMs / 1000;

/** What a key stands for. */
export interface IdempotencyEntry {
  fingerprint: string;
  /** The analysis that the request becomes, known before it exists: so a gateway that dies in between is found out. */
  id: string;
  /** Milliseconds since the epoch; absent once the request was answered. */
  until?: number;
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

/** Removes what stands for the analysis of ARGV[1]. */
const forgetScript = `
local entry = redis.call("GET", KEYS[1])
if entry and cjson.decode(entry).id == ARGV[1] then redis.call("DEL", KEYS[1]) end
`;

/** The Idempotency-Keys of the last day in Redis, by the names of their records. Each step is one command: another gateway may be at the same key. */
export class IdempotencyKeys {
  readonly #redis: RedisConnection;

  constructor(redis: RedisConnection) {
    this.#redis = redis;
  }

  /** Puts an entry where nothing stands. @returns what does; undefined where it was free */
  async take(name: string, mine: IdempotencyEntry): Promise<IdempotencyEntry | undefined> {
    const written = JSON.stringify(mine);
    const found = await redisGuarded(() =>
      this.#redis.eval(takeScript, 1, placeOf(name), written, keptSeconds),
    );
    // Our own stands there where the answer was lost with the connection, and the command sent again.
    return typeof found !== "string" || found === written ? undefined : read(found);
  }

  /** @param entry what stands there from here on; nothing, where there is none. @returns false where it is not `found` that stands there */
  async replace(name: string, found: IdempotencyEntry, entry?: IdempotencyEntry): Promise<boolean> {
    const [before, after] = [JSON.stringify(found), entry === undefined ? "" : JSON.stringify(entry)];
    const replaced = await redisGuarded(() =>
      this.#redis.eval(replaceScript, 1, placeOf(name), before, after, keptSeconds),
    );
    return replaced === 1;
  }

  async get(name: string): Promise<IdempotencyEntry | undefined> {
    const found = await redisGuarded(() => this.#redis.get(placeOf(name)));
    return found === null ? undefined : read(found);
  }

  /** Removes what a key was used for, unless it was used for something else since. */
  async forget({ name }: UsedKey, id: string): Promise<void> {
    await redisGuarded(() => this.#redis.eval(forgetScript, 1, placeOf(name), id));
  }
}

function placeOf(name: string): string {
  return `${redisPrefix}:idempotency:${name}`;
}

/** The order of its fields is kept: `replace` compares what it was written as. */
function read(text: string): IdempotencyEntry {
  return JSON.parse(text) as IdempotencyEntry;
}
