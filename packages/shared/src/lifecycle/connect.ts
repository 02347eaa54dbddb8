import { Analyses, Ledger, LiveState } from "../analyses/index.js";
import type { Config } from "../config/index.js";
import { closeRedis, connectRedis, Producer } from "../queues/index.js";
import { type ObjectStore, openStore } from "../storage/index.js";
import type { Logger } from "../telemetry/index.js";

/** What every service stands on. */
export interface Backbone {
  store: ObjectStore;
  redis: ReturnType<typeof connectRedis>;
  producer: Producer;
  analyses: Analyses;
  close(): Promise<void>;
}

/** Opens store and Redis, waiting for whichever is not up yet: services may start in any order. */
export async function connect(config: Config, logger: Logger): Promise<Backbone> {
  const backbone = openBackbone(config);
  await untilUp("object store", () => backbone.store.probe(), logger);
  await untilUp("redis", () => backbone.redis.ping(), logger);
  return backbone;
}

/** Opens store and Redis, whether they are up or not. */
export function openBackbone(config: Config): Backbone {
  const store = openStore(config);
  const redis = connectRedis(config.REDIS_URL, "commands");
  const producer = new Producer(redis);
  return {
    store,
    redis,
    producer,
    analyses: new Analyses({ ledger: new Ledger(store), live: new LiveState(redis), producer }),
    close: async () => {
      await producer.close();
      await closeRedis(redis);
      await store.close();
    },
  };
}

async function untilUp(what: string, step: () => Promise<unknown>, logger: Logger): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await step();
      return;
    } catch (error) {
      logger.warn({ err: error, tries }, `${what} is not up`);
      await new Promise((resolve) => setTimeout(resolve, Math.min(250 * tries, 3_000)));
    }
  }
}
