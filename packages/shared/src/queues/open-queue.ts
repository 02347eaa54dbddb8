import type { JobKind } from "../contracts/index.js";
import { Queue } from "../libraries/redis.js";
import { type RedisConnection, redisPrefix } from "../redis/index.js";

/** The queue of one kind of jobs. An outage is told by the calls themselves. */
export function openQueue(name: JobKind, connection: RedisConnection): Queue {
  const queue = new Queue(name, {
    connection,
    prefix: redisPrefix,
    skipVersionCheck: true,
    skipMetasUpdate: true,
    streams: { events: { maxLen: 100 } },
  });
  queue.on("error", () => undefined);
  return queue;
}
