import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import protobuf from "protobufjs";

export interface CollectedSpan {
  service: string;
  traceId: string;
  spanId: string;
  /** Empty for the first of a trace. */
  parentSpanId: string;
  name: string;
  /** Of OTLP: 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  kind: number;
  attributes: Record<string, string | number>;
}

/** What is read of an ExportTraceServiceRequest (OTLP 1). */
const schema = `
syntax = "proto3";
message Request { repeated ResourceSpans resource_spans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
message Resource { repeated KeyValue attributes = 1; }
message ScopeSpans { repeated Span spans = 2; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; uint32 kind = 6;
  repeated KeyValue attributes = 9;
}
message KeyValue { string key = 1; Value value = 2; }
message Value { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
`;
const Request = protobuf.parse(schema).root.lookupType("Request");

interface KeyValue {
  key: string;
  value: { stringValue?: string; intValue?: number; doubleValue?: number; boolValue?: boolean };
}
interface Decoded {
  resourceSpans?: {
    resource?: { attributes?: KeyValue[] };
    scopeSpans?: {
      spans?: {
        traceId: string;
        spanId: string;
        parentSpanId?: string;
        name: string;
        kind: number;
        attributes?: KeyValue[];
      }[];
    }[];
  }[];
}

/** A collector of traces (OTLP over HTTP) that keeps them in memory. */
export class Collector extends EventEmitter<{ spans: [] }> {
  readonly spans: CollectedSpan[] = [];
  readonly #server: Server = createServer(async (request, response) => {
    const sent = Buffer.concat(await request.toArray());
    const bytes = request.headers["content-encoding"] === "gzip" ? gunzipSync(sent) : sent;
    if (request.url === "/v1/traces") this.#take(bytes);
    response.writeHead(request.url === "/v1/traces" ? 200 : 404).end();
    this.emit("spans");
  });

  static async start(): Promise<Collector> {
    const collector = new Collector();
    collector.#server.listen(0, "127.0.0.1");
    await once(collector.#server, "listening");
    return collector;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Waits until what was collected answers the question; fails after a minute, by the names of what has come. */
  async until<T>(find: (spans: readonly CollectedSpan[]) => T | undefined): Promise<T> {
    const signal = AbortSignal.timeout(60_000);
    for (;;) {
      const found = find(this.spans);
      if (found !== undefined) return found;
      await once(this, "spans", { signal }).catch(() =>
        assert.fail(`not in a minute; there are ${this.spans.map(({ name }) => name).join(", ")}`),
      );
    }
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close").catch(() => undefined);
  }

  #take(bytes: Uint8Array): void {
    const options = { longs: Number, bytes: String };
    const decoded = Request.toObject(Request.decode(bytes), options) as Decoded;
    for (const { resource, scopeSpans } of decoded.resourceSpans ?? []) {
      const service = String(valuesOf(resource?.attributes)["service.name"]);
      for (const span of (scopeSpans ?? []).flatMap(({ spans }) => spans ?? [])) {
        this.spans.push({
          service,
          traceId: hex(span.traceId),
          spanId: hex(span.spanId),
          parentSpanId: hex(span.parentSpanId ?? ""),
          name: span.name,
          kind: span.kind,
          attributes: valuesOf(span.attributes),
        });
      }
    }
  }
}

function valuesOf(attributes: KeyValue[] = []): Record<string, string | number> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.stringValue ?? value.intValue ?? value.doubleValue ?? String(value.boolValue),
    ]),
  );
}

function hex(base64: string): string {
  return Buffer.from(base64, "base64").toString("hex");
}
