import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { test } from "node:test";
import { startHealthServer } from "../../src/lifecycle/health-server.js";
import { Metrics } from "../../src/telemetry/index.js";

const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
const skip = addresses.some(({ family }) => family === "IPv6") ? false : "no IPv6 here";

test("the address of a health server on IPv6 is one that can be called", { skip }, async (t) => {
  const metrics = new Metrics("worker");
  t.after(() => metrics.close());
  const server = await startHealthServer({ host: "::1", port: 0 }, { ready: () => true }, metrics);
  t.after(() => server.close());
  assert.equal(await (await fetch(`${server.address}/readyz`)).text(), "ready\n");
});
