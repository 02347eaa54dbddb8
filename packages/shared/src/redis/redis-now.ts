import type { RedisConnection } from "./connection.js";
import { redisPrefix } from "./redis-prefix.js";

/** KEYS: any of the queues', which says which node of a Cluster is asked: all are to ask the same one. */
const timeScript = `return redis.call("TIME")`;

/** Milliseconds since the epoch by the clock of Redis, which all that share it go by. */
export async function redisNow(redis: RedisConnection): Promise<number> {
  const [seconds, microseconds] = (await redis.eval(timeScript, 1, redisPrefix)) as [string, string];
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
}
