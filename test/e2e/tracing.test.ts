import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type CollectedSpan, Collector } from "../support/collector.js";
import { filmBytes, testFilms } from "../support/films.js";
import { Receiver } from "../support/receiver.js";
import { startTestSystem, type TestSystem, webhookSecret } from "../support/system.js";

let collector: Collector;
let receiver: Receiver;
let system: TestSystem;
before(async () => {
  collector = await Collector.start();
  receiver = await Receiver.start(webhookSecret);
  system = await startTestSystem({
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      OTEL_BSP_SCHEDULE_DELAY: "100",
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
      RECONCILE_SECONDS: "2",
      HEALTH_PORT: "0",
    },
  });
});
after(async () => {
  await system?.stop();
  await receiver?.stop();
  await collector?.stop();
});

const film = () => {
  const [first] = testFilms(1, "hand");
  assert.ok(first);
  return { name: first.file, bytes: filmBytes(first.file) };
};

/** The trace of an analysis, once all spans of these names have come: each process sends its own when it likes. */
function wholeTrace(id: string, names: readonly string[]): Promise<CollectedSpan[]> {
  return collector.until((spans) => {
    const told = spans.find(
      (span) => span.name === "process webhook" && span.attributes["osteon.analysis.id"] === id,
    );
    const trace = spans.filter(({ traceId }) => traceId === told?.traceId);
    return names.every((each) => trace.some(({ name }) => name === each)) ? trace : undefined;
  });
}

test("one trace goes through the gateway, both queues and workers, and the webhook", async () => {
  const caller = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7" };
  const form = new FormData();
  form.append("film", new Blob([Uint8Array.from(film().bytes)]), "hand.jpg");
  form.append("callbackUrl", receiver.url);
  const answer = await fetch(`${system.client.url}/v1/analyses`, {
    method: "POST",
    body: form,
    headers: { traceparent: `00-${caller.traceId}-${caller.spanId}-01` },
  });
  const { id } = (await answer.json()) as { id: string };
  await system.client.ended(id);
  await receiver.accepted([id]);
  // Each span, its service, its kind, and the span that it stems from.
  const way = [
    ["POST /v1/analyses", "gateway", 2, undefined],
    ["publish bodypart", "gateway", 4, "POST /v1/analyses"],
    ["process bodypart", "bodypart-worker", 5, "publish bodypart"],
    ["decode film", "bodypart-worker", 1, "process bodypart"],
    ["classify film", "bodypart-worker", 1, "process bodypart"],
    ["publish fracture", "bodypart-worker", 4, "process bodypart"],
    ["process fracture", "fracture-worker", 5, "publish fracture"],
    ["examine film", "fracture-worker", 1, "process fracture"],
    ["publish webhook", "fracture-worker", 4, "process fracture"],
    ["process webhook", "webhook-worker", 5, "publish webhook"],
    ["deliver webhook", "webhook-worker", 3, "process webhook"],
  ] as const;
  const trace = await wholeTrace(
    id,
    way.map(([name]) => name),
  );
  assert.ok(trace.every(({ traceId }) => traceId === caller.traceId));

  const named = (name: string) =>
    trace.find((span) => span.name === name) ?? assert.fail(`no span "${name}"`);
  for (const [name, service, kind, parent] of way) {
    const span = named(name);
    assert.deepEqual([span.service, span.kind], [service, kind], name);
    assert.equal(span.parentSpanId, parent === undefined ? caller.spanId : named(parent).spanId, name);
  }
  assert.equal(named("POST /v1/analyses").attributes["http.response.status_code"], 202);
  assert.equal(named("process fracture").attributes["osteon.analysis.id"], id);
  assert.equal(trace.length, way.length);
  const text = JSON.stringify(trace);
  for (const secret of [receiver.url, "hand.jpg"]) assert.ok(!text.includes(secret), secret);
});

test("what is traced nowhere is not collected, and the metrics tell of queues and waits", async () => {
  await fetch(`${system.client.url}/livez`);
  const { body } = await system.client.submit([film()]);
  const { traceId } = await collector.until((spans) =>
    spans.find((span) => span.attributes["osteon.analysis.id"] === body.id),
  );
  await system.client.ended(body.id);
  assert.ok(collector.spans.every(({ name }) => !name.includes("livez")));
  assert.match(traceId, /^[0-9a-f]{32}$/);
  const gateway = await scrape(`${system.client.url}/metrics`);
  assert.ok(gateway("osteon_queue_jobs", 'queue="fracture"', 'state="prioritized"') !== undefined);
  assert.equal(gateway("osteon_queue_head_age_seconds", 'queue="webhook"'), 0);
  const [worker] = system.workers("fracture-worker");
  const examined = await scrape(`${worker?.process.health}/metrics`);
  assert.equal(examined("osteon_queue_wait_seconds_count", 'kind="fracture"'), 2);
  assert.equal(examined("osteon_analysis_duration_seconds_count", 'status="completed"'), 2);
});

/** All that a label may be called: kinds, states, codes, names of models, and Node's own. */
const labelNames =
  /^(service|kind|outcome|status|queue|state|model|result|code|action|operation|direction|quantile|le|task|type|space|version|major|minor|patch)$/;

test("all that an operator asks for is told, with labels that no film, tenant or address widens", async () => {
  const form = new FormData();
  form.append("film", new Blob([Uint8Array.from(film().bytes)]), "hand.jpg");
  for (const [name, value] of Object.entries({ reference: "A-77", callbackUrl: receiver.url }))
    form.append(name, value);
  const { body } = await system.client.request<{ id: string }>("/v1/analyses", {
    method: "POST",
    body: form,
  });
  await receiver.accepted([body.id]);
  await system.settled();
  const text = (
    await Promise.all(
      system.running.services.map(async ({ health }) => (await fetch(`${health}/metrics`)).text()),
    )
  ).join("\n");
  for (const series of [
    /^osteon_films_total\{.*outcome="analysed".*\} [1-9]/m,
    /^osteon_job_duration_seconds_count\{.*kind="bodypart",outcome="done".*\} [1-9]/m,
    /^osteon_job_duration_seconds_count\{.*kind="fracture",outcome="done".*\} [1-9]/m,
    /^osteon_queue_jobs\{.*state="prioritized".*\} \d/m,
    /^osteon_queue_head_age_seconds\{.*queue="bodypart".*\} \d/m,
    /^osteon_model_duration_seconds_sum\{.*model="bodypart".*\} \d+\.\d/m,
    /^osteon_webhook_deliveries_total\{.*result="delivered".*\} [1-9]/m,
    /^osteon_refusals_total\{.*code="overloaded".*\} 0/m,
    /^osteon_event_loop_lag_seconds\{.*quantile="0.99".*\} \d/m,
  ])
    assert.match(text, series);
  const labels = [...text.matchAll(/^\w+\{([^}]*)\}/gm)].flatMap(([, each = ""]) => each.split(","));
  for (const each of new Set(labels)) {
    assert.match(each.split("=")[0] ?? "", labelNames);
    assert.doesNotMatch(each, /[0-9a-f]{8}-[0-9a-f]{4}-|hand\.jpg|A-77|127\.0\.0\.1|"default"/);
  }
});

/** Finds a sample's value by its name and some of its labels. */
async function scrape(url: string): Promise<(name: string, ...labels: string[]) => number | undefined> {
  const lines = (await (await fetch(url)).text()).split("\n");
  return (name, ...labels) => {
    const line = lines.find(
      (each) => each.startsWith(`${name}{`) && labels.every((label) => each.includes(label)),
    );
    return line === undefined ? undefined : Number(line.split(" ").at(-1));
  };
}
