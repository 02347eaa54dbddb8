export { announceModels, readAnnouncedModels } from "./announced-models.js";
export { createLogger, type Logger } from "./logger.js";
export { Metrics } from "./metrics.js";
