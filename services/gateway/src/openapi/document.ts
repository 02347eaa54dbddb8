import {
  Changes,
  createLogger,
  loadConfig,
  Metrics,
  ModelReloads,
  openBackbone,
  TargetPolicy,
} from "@osteon/shared";
import { Admission } from "../admission.js";
import { buildApp } from "../app.js";

/** The OpenAPI document of a gateway that does not run; neither store nor Redis is asked for anything. */
export async function openapiDocument(): Promise<object> {
  const config = loadConfig({ LOG_LEVEL: "silent" });
  const backbone = await openBackbone(config);
  const metrics = new Metrics("gateway");
  try {
    const app = await buildApp({
      config,
      logger: createLogger("gateway", config),
      metrics,
      backbone,
      changes: new Changes(backbone.redis),
      reloads: new ModelReloads(backbone.redis, backbone.redis),
      policy: new TargetPolicy(config.WEBHOOK_ALLOW),
      admission: new Admission({ maxQueued: config.MAX_QUEUED, maxWaitSeconds: config.MAX_WAIT_SECONDS }),
    });
    await app.ready();
    const document = app.swagger();
    await app.close();
    return document;
  } finally {
    metrics.close();
    await backbone.close();
  }
}
