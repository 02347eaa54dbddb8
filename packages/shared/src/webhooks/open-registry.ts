import type { Config } from "../config/index.js";
import { RedisLock } from "../locks/index.js";
import type { RedisConnection } from "../redis/index.js";
import { EndpointRegistry } from "./endpoint-registry.js";
import type { Endpoints } from "./endpoints.js";
import { forgetEndpoints } from "./known-endpoints.js";
import { SecretBox } from "./secret-box.js";

/** The registry as the configuration has it. */
export function openRegistry(endpoints: Endpoints, redis: RedisConnection, config: Config): EndpointRegistry {
  return new EndpointRegistry({
    endpoints,
    lock: new RedisLock(redis),
    changed: (tenant) => forgetEndpoints(redis, tenant),
    box: new SecretBox(config.WEBHOOK_MASTER_SECRET),
    most: config.MAX_WEBHOOKS,
    disableDays: config.WEBHOOK_DISABLE_DAYS,
  });
}
