export { closeRedis, connectRedis } from "./connection.js";
export {
  type Attempt,
  checkProcessors,
  type Processor,
  type ProcessorOptions,
  RunningProcessor,
} from "./processors.js";
export { type JobState, type NewJob, Producer, queuePrefix } from "./producer.js";
