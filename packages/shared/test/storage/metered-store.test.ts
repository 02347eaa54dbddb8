import assert from "node:assert/strict";
import { test } from "node:test";
import { FileStore, MeteredStore, Metrics } from "../../src/index.js";

test("a call's time has what the store does before it returns", async (t) => {
  const metrics = new Metrics("gateway");
  t.after(() => metrics.close());
  const store = new FileStore("nowhere");
  const blockedMs = 20;
  t.mock.method(store, "get", () => {
    const until = performance.now() + blockedMs;
    while (performance.now() < until);
    return Promise.resolve(undefined);
  });
  await new MeteredStore(store, metrics).get("films/a");
  const { values } = await metrics.storeSeconds.get();
  const sum = values.find(({ metricName }) => metricName === "osteon_store_duration_seconds_sum");
  assert.deepEqual(sum?.labels, { operation: "get" });
  assert.ok(sum.value >= blockedMs / 1000, `${sum.value} s`);
});
