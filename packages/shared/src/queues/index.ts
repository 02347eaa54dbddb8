export { clockDifference } from "./clock-difference.js";
export {
  closeRedis,
  connectRedis,
  onOtherMasters,
  type RedisConnection,
  type RedisTarget,
} from "./connection.js";
export { evictionPolicy } from "./eviction-policy.js";
export { FairShare } from "./fair-share.js";
export { queuePrefix } from "./open-queue.js";
export { type Attempt, checkProcessors, type Processor, type ProcessorOptions } from "./processor.js";
export { type JobState, longestDeliveryWaitMs, type NewJob, Producer } from "./producer.js";
export { queueGuarded } from "./queue-guarded.js";
export { isLost, RunningProcessor } from "./running-processor.js";
export { Solitude } from "./solitude.js";
