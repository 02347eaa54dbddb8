import {
  type Attributes,
  type Context,
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from "../libraries/telemetry.js";
import { toProblem } from "../problems/index.js";

export { SpanKind } from "../libraries/telemetry.js";

/** What a job carries of its trace: a W3C `traceparent`, ids and a flag. */
export interface TraceCarrier {
  traceparent?: string;
}

/**
 * Without an SDK behind it, it does nothing at next to no cost. Asked for anew each time: one that was had before the SDK registered
 * would be told of it by the API's own module only, and ours is a packed copy.
 */
const tracer = () => trace.getTracer("osteon");

export interface SpanOptions {
  kind?: SpanKind;
  attributes?: Attributes;
  /** Whose child the span is; the active span's where absent. */
  parent?: Context;
}

/** Runs a step as a span of its own. Of an error only its code is kept. */
export function inSpan<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
  const { kind = SpanKind.INTERNAL, attributes = {}, parent = context.active() } = options;
  return tracer().startActiveSpan(name, { kind, attributes }, parent, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      failSpan(span, error);
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Marks a span as failed with the error's code. */
export function failSpan(span: Span, error: unknown): void {
  span.setStatus({ code: SpanStatusCode.ERROR, message: toProblem(error, "processing-failed").code });
}

/** The active trace as a job carries it; nothing where none is active. */
export function carrierOfActive(): TraceCarrier {
  const carrier: TraceCarrier = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent === undefined ? {} : { traceparent: carrier.traceparent };
}

/** The context to go on in with what a job, or a request's headers, carried. */
export function contextOf(carrier: object): Context {
  return propagation.extract(context.active(), carrier);
}

/** Goes on in a context. */
export function inContext<T>(which: Context, work: () => T): T {
  return context.with(which, work);
}

/** Begins a span that is ended elsewhere, and the context in which what belongs to it runs. */
export function beginSpan(name: string, options: SpanOptions): { span: Span; context: Context } {
  const { kind = SpanKind.INTERNAL, attributes = {}, parent = context.active() } = options;
  const span = tracer().startSpan(name, { kind, attributes }, parent);
  return { span, context: trace.setSpan(parent, span) };
}

/** Whether a span is under way that is recorded. */
export function isTraced(): boolean {
  return trace.getActiveSpan()?.isRecording() ?? false;
}

/** Ids for log lines. */
export function activeIds(): { trace_id?: string; span_id?: string } {
  const ids = trace.getActiveSpan()?.spanContext();
  return ids === undefined ? {} : { trace_id: ids.traceId, span_id: ids.spanId };
}
