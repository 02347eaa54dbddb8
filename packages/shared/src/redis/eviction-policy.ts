import type { RedisConnection } from "./connection.js";

/** What Redis does when its memory is full, where it tells: any policy but `noeviction` may cost jobs. */
export async function evictionPolicy(redis: RedisConnection): Promise<string | undefined> {
  // CONFIG is often forbidden on managed servers.
  const told = await redis.info("memory").catch(() => "");
  return /^maxmemory_policy:(\S+)/m.exec(told)?.[1];
}
