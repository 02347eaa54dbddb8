import { connect, runProcessors, runService, TargetPolicy } from "@osteon/shared";
import { DeliveryProcessor } from "./delivery-processor.js";
import { Sender } from "./sender.js";

await runService("webhook-worker", async (context) => {
  const { config, logger, metrics } = context;
  const sender = new Sender({
    policy: new TargetPolicy(config.WEBHOOK_ALLOW),
    timeoutMs: config.WEBHOOK_TIMEOUT_SECONDS * 1000,
  });
  const backbone = await connect(config, logger);
  const processor = new DeliveryProcessor({
    ledger: backbone.analyses.ledger,
    sender,
    secret: config.WEBHOOK_SECRET,
    metrics,
    logger,
  });
  return runProcessors(context, ["webhook"], [processor], config.WEBHOOK_CONCURRENCY, () => backbone.close());
});
