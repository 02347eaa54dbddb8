export { FairShare } from "./fair-share.js";
export { type Attempt, checkProcessors, type Processor, type ProcessorOptions } from "./processor.js";
export { type JobState, longestDeliveryWaitMs, type NewJob, Producer } from "./producer.js";
export { isLost, RunningProcessor } from "./running-processor.js";
export { Solitude } from "./solitude.js";
