import type { RedisConnection } from "@osteon/shared";

/** The queues' own bookkeeping, and when each key was last used: they stay. */
const owned = /^\{osteon\}:((bodypart|fracture|reclassify|reexamine|webhook):[a-z-]+|keys:used)$/;

/** Keys in Redis that neither end by themselves nor have an owner. */
export async function strayKeys(redis: RedisConnection): Promise<string[]> {
  const keys = (await redis.keys("*")).filter((key) => !owned.test(key));
  const lives = await Promise.all(keys.map((key) => redis.ttl(key)));
  return keys.filter((_, at) => lives[at] === -1);
}
