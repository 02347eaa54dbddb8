import type { RedisConnection } from "./connection.js";
import { redisNow } from "./redis-now.js";

/** Good clocks differ by less. */
const mostDifferenceMs = 5 * 60_000;

/**
 * Milliseconds by which a time is ahead of Redis's own, or behind it where negative; undefined while both are near enough to each other.
 * Whoever is to remove what is past its time asks first: by a clock that is ahead all would be, and what is removed is gone for good.
 */
export async function clockDifference(redis: RedisConnection, now: number): Promise<number | undefined> {
  const difference = now - (await redisNow(redis));
  return Math.abs(difference) > mostDifferenceMs ? Math.round(difference) : undefined;
}
