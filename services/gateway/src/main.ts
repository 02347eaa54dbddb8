import { lookup } from "node:dns/promises";
import { setTimeout as delay } from "node:timers/promises";
import {
  Changes,
  closeRedis,
  connect,
  connectRedis,
  evictionPolicy,
  gaugeQueues,
  keysBeyondLoopback,
  ModelReloads,
  Reconciler,
  type RunningService,
  runService,
  type ServiceContext,
  TargetPolicy,
} from "@osteon/shared";
import { Admission, watchLoad } from "./admission.js";
import { buildApp } from "./app.js";
import { startReconciling } from "./upkeep/reconciling.js";
import { startRetention } from "./upkeep/retention.js";

/** Milliseconds that the store has for each answer: requests wait for several of them, and proxies for a minute or so. */
const storeAnswerMs = 15_000;
/** Milliseconds that a walk or a sweep under way has to end when everything else has. */
const sweepGraceMs = 5_000;

await runService("gateway", start, keysBeyondLoopback);

async function start({ config, logger, metrics }: ServiceContext): Promise<RunningService> {
  const policy = new TargetPolicy(config.WEBHOOK_ALLOW);
  const backbone = await connect(config, logger, metrics, { answerMs: storeAnswerMs });
  // Told by gateways alone: each of many workers would tell the same.
  const eviction = await evictionPolicy(backbone.redis);
  if (eviction !== undefined && eviction !== "noeviction")
    logger.warn({ policy: eviction }, "Redis may evict jobs: set its maxmemory-policy to noeviction");
  gaugeQueues(metrics.registry, backbone.queues);
  const subscriber = connectRedis(config, "blocking");
  const changes = new Changes(subscriber);
  await changes.start();
  const reloads = new ModelReloads(backbone.redis, subscriber);
  await reloads.start();
  const admission = new Admission({
    maxQueued: config.MAX_QUEUED,
    maxWaitSeconds: config.MAX_WAIT_SECONDS,
  });
  const stopWatching = watchLoad(
    admission,
    () => backbone.analyses.load(),
    (error) => logger.warn({ err: error }, "the load is not known: films are refused until it is"),
  );
  const app = await buildApp({ config, logger, metrics, backbone, changes, reloads, policy, admission });
  // Of a name with several addresses Fastify makes a server for each, of which it hands out the first alone.
  const host = config.HOST === "localhost" ? (await lookup(config.HOST)).address : config.HOST;
  const address = await app.listen({ host, port: config.PORT });
  const reconciler = new Reconciler({
    ...backbone,
    requestSeconds: config.REQUEST_TIMEOUT_SECONDS,
    onStuck: (id, { code }) => logger.error({ id, code }, "cannot be reconciled"),
    onClockDiffers: (aheadMs) => logger.error({ aheadMs }, "clock differs from Redis’s: nothing is swept"),
  });
  const stopReconciling = startReconciling(reconciler, config.RECONCILE_SECONDS, { logger, metrics });
  const stopRetention = startRetention({
    analyses: backbone.analyses,
    redis: backbone.redis,
    config,
    logger,
    metrics,
  });
  return {
    address,
    // Without Redis it still answers of what has ended, and refuses films with a problem: better than a proxy's own error page.
    ready: () => true,
    stop: async () => {
      stopWatching();
      const swept = Promise.all([stopReconciling(), stopRetention()]);
      await app.close();
      // Either goes on where it was in another gateway: it is worth no request that would be cut off.
      await Promise.race([swept, delay(sweepGraceMs, undefined, { ref: false })]);
      await closeRedis(subscriber);
      await backbone.close();
    },
  };
}
