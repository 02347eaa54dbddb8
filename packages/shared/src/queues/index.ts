export { FairShare } from "./fair-share.js";
export { type Attempt, checkProcessors, type Processor } from "./processor.js";
export { longestDeliveryWaitMs, Queues } from "./queues.js";
export { isLost, RunningProcessor } from "./running-processor.js";
export { Solitude } from "./solitude.js";
