import { type Ledger, type Logger, queuePrefix } from "@osteon/shared";
import type { Redis } from "ioredis";

const hourSeconds = 3600;
const dayMs = 86_400_000;

export interface RetentionParts {
  ledger: Ledger;
  redis: Redis;
  days: number;
  logger: Logger;
}

/** Removes deliveries to endpoints that are older than the retention. Returns how many. */
export async function expireDeliveries(
  { endpoints, deliveries }: Pick<Ledger, "endpoints" | "deliveries">,
  days: number,
  now = Date.now(),
): Promise<number> {
  let removed = 0;
  for await (const { tenant, id } of endpoints.all())
    removed += await deliveries.expire(tenant, id, now - days * dayMs);
  return removed;
}

/** Holds the retention every hour, one gateway at a time, until the returned function is called. */
export function startRetention({ ledger, redis, days, logger }: RetentionParts): () => Promise<void> {
  let sweep = Promise.resolve();
  const step = async () => {
    try {
      const taken = await redis.set(`${queuePrefix}:retention`, "1", "EX", hourSeconds - 60, "NX");
      if (taken === null) return;
      const removed = await expireDeliveries(ledger, days);
      if (removed > 0) logger.info({ removed }, "deliveries expired");
    } catch (error) {
      logger.warn({ err: error }, "retention failed; the next round tries again");
    }
  };
  const timer = setInterval(() => {
    sweep = step();
  }, hourSeconds * 1000);
  timer.unref();
  sweep = step();
  return async () => {
    clearInterval(timer);
    await sweep;
  };
}
