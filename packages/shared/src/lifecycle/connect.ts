import { setTimeout as delay } from "node:timers/promises";
import { Analyses, Ledger, LiveState } from "../analyses/index.js";
import type { Config } from "../config/index.js";
import { ProblemError } from "../problems/index.js";
import { Queues } from "../queues/index.js";
import { checkDatabase, closeRedis, connectRedis } from "../redis/index.js";
import { MeteredStore, type ObjectStore, openStore, type StoreTimes } from "../storage/index.js";
import type { Logger, Metrics } from "../telemetry/index.js";
import { KnownEndpoints } from "../webhooks/index.js";

/** What every service stands on. */
export interface Backbone {
  store: ObjectStore;
  redis: ReturnType<typeof connectRedis>;
  queues: Queues;
  analyses: Analyses;
  close(): Promise<void>;
}

/** Opens store and Redis, waiting for whichever is not up yet: services may start in any order. */
export async function connect(
  config: Config,
  logger: Logger,
  metrics?: Metrics,
  store: StoreTimes = {},
): Promise<Backbone> {
  const backbone = await openBackbone(config, {
    logger,
    store,
    ...(metrics === undefined ? {} : { metrics }),
  });
  await untilUp("object store", () => backbone.store.probe(), logger);
  const redisUp = async () => {
    await backbone.redis.ping();
    await checkDatabase(backbone.redis);
  };
  await untilUp("redis", redisUp, logger);
  return backbone;
}

/** Opens store and Redis, whether they are up or not. */
export async function openBackbone(
  config: Config,
  {
    logger,
    metrics,
    store: times = {},
  }: { logger?: Pick<Logger, "error">; metrics?: Metrics; store?: StoreTimes } = {},
): Promise<Backbone> {
  const opened = await openStore(config, times);
  const store = metrics === undefined ? opened : new MeteredStore(opened, metrics);
  const redis = connectRedis(config, "commands");
  const queues = new Queues(redis);
  const ledger = new Ledger(store, ({ tenant, id }, error) =>
    logger?.error({ err: error, tenant, webhook: id }, "endpoint cannot be read"),
  );
  return {
    store,
    redis,
    queues,
    analyses: new Analyses({
      ledger,
      known: new KnownEndpoints(ledger.endpoints, redis),
      live: new LiveState(redis),
      queues,
      onEnded: ({ status, timings, films }) => {
        metrics?.analysisSeconds.observe({ status }, (timings?.totalMs ?? 0) / 1000);
        for (const { outcome, error } of films)
          if (error !== undefined) metrics?.films.inc({ outcome: "failed" });
          else if (outcome !== undefined) metrics?.films.inc({ outcome });
      },
    }),
    close: async () => {
      await queues.close();
      await closeRedis(redis);
      await ledger.pending.flush();
      await store.close();
    },
  };
}

/** What says nothing for so long is told of before its try ends, which may take a minute. */
const silentMs = 5_000;

async function untilUp(what: string, step: () => Promise<unknown>, logger: Logger): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const silent = setTimeout(() => logger.warn({ tries }, `${what} is not up: it says nothing`), silentMs);
    try {
      await step();
      return;
    } catch (error) {
      // It is up, and will never do.
      if (error instanceof ProblemError && error.code === "config-invalid") throw error;
      logger.warn({ err: error, tries }, `${what} is not up`);
      await delay(Math.min(250 * tries, 3_000));
    } finally {
      clearTimeout(silent);
    }
  }
}
