export { closeRedis, connectRedis } from "./connection.js";
export { FairShare } from "./fair-share.js";
export {
  type Attempt,
  checkProcessors,
  type Processor,
  type ProcessorOptions,
  RunningProcessor,
} from "./processors.js";
export { type JobState, type NewJob, Producer, queuePrefix } from "./producer.js";
