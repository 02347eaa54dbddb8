/** What logs, measures and traces, all that the services use of it. */
export {
  type Attributes,
  type Context,
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
export { type Logger, pino } from "pino";
export { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
