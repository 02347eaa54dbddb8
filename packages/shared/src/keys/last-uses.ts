import { type RedisConnection, redisPrefix } from "../redis/index.js";

const place = `${redisPrefix}:keys:used`;

/** Notes that a key was used. What Redis loses of it is lost: nothing hangs on it. */
export async function noteUseOfKey(redis: RedisConnection, id: string, at: Date): Promise<void> {
  await redis.hset(place, id, at.toISOString());
}

/** When each key was used last, by its id; undefined where Redis is away. */
export async function lastUsesOfKeys(redis: RedisConnection): Promise<Record<string, string> | undefined> {
  return redis.hgetall(place).catch(() => undefined);
}
