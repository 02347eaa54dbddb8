import { connect, openRegistry, runProcessors, runService, TargetPolicy } from "@osteon/shared";
import { DeliveryProcessor } from "./delivery-processor.js";
import { Sender } from "./sender.js";
import { TargetSlots } from "./target-slots.js";

await runService("webhook-worker", async (context) => {
  const { config, logger, metrics } = context;
  const policy = new TargetPolicy(config.WEBHOOK_ALLOW);
  const backbone = await connect(config, logger, metrics);
  const { ledger, dispatch } = backbone.analyses;
  const processor = new DeliveryProcessor({
    ledger,
    dispatch,
    registry: openRegistry(ledger.endpoints, backbone.redis, config),
    sender: new Sender({ policy, timeoutMs: config.WEBHOOK_TIMEOUT_SECONDS * 1000 }),
    slots: new TargetSlots(config.WEBHOOK_CONCURRENCY),
    callbackSecrets: config.WEBHOOK_SECRET?.split(",") ?? [],
    metrics,
    logger,
  });
  return runProcessors(context, {
    kinds: ["webhook"],
    processors: [processor],
    concurrency: config.WEBHOOK_CONCURRENCY,
    closeResources: () => backbone.close(),
  });
});
