import type { Redis } from "ioredis";
import type { Config } from "../config/index.js";
import { EndpointRegistry } from "./endpoint-registry.js";
import type { Endpoints } from "./endpoints.js";
import { RedisLock } from "./lock.js";
import { SecretBox } from "./secret-box.js";

/** The registry as the configuration has it. */
export function openRegistry(endpoints: Endpoints, redis: Redis, config: Config): EndpointRegistry {
  return new EndpointRegistry({
    endpoints,
    lock: new RedisLock(redis),
    box: new SecretBox(config.WEBHOOK_MASTER_SECRET),
    most: config.MAX_WEBHOOKS,
    disableDays: config.WEBHOOK_DISABLE_DAYS,
  });
}
