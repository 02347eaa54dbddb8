import { openRegistry } from "@osteon/shared";
import type { App, Dependencies } from "../../app.js";
import { deliveries } from "./deliveries.js";
import { endpoints } from "./endpoints.js";
import { secrets } from "./secrets.js";

/** `/v1/webhooks`: a tenant's endpoints and their deliveries. */
export async function webhooks(app: App, dependencies: Dependencies): Promise<void> {
  const { backbone, config } = dependencies;
  const registry = openRegistry(backbone.analyses.ledger.endpoints, backbone.redis, config);
  await endpoints(app, dependencies, registry);
  await secrets(app, dependencies, registry);
  await deliveries(app, dependencies, registry);
}
