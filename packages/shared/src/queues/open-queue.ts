import type { JobKind } from "../contracts/index.js";
import { Queue } from "../libraries/redis.js";
import type { RedisConnection } from "./connection.js";

/** Every key of ours in Redis begins with it. Braces keep a queue's keys in one slot of a cluster. */
export const queuePrefix = "{osteon}";

/** The queue of one kind of jobs. An outage is told by the calls themselves. */
export function openQueue(name: JobKind, connection: RedisConnection): Queue {
  const queue = new Queue(name, {
    connection,
    prefix: queuePrefix,
    skipVersionCheck: true,
    skipMetasUpdate: true,
    streams: { events: { maxLen: 100 } },
  });
  queue.on("error", () => undefined);
  return queue;
}
