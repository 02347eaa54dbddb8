export { createLogger, type Logger } from "./logger.js";
export { Metrics, type StoreMetrics } from "./metrics.js";
export { OnceAnOutage } from "./once-an-outage.js";
export { gaugeQueues } from "./queue-gauges.js";
export { startTraceExport, type TraceExport } from "./trace-export.js";
export {
  beginSpan,
  carrierOfActive,
  contextOf,
  failSpan,
  inContext,
  inSpan,
  isTraced,
  SpanKind,
} from "./tracing.js";
