import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rename, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { freePort } from "@osteon/embedded";
import { S3Proxy } from "../faults/s3-proxy.js";
import { Bucket, bucketEnv } from "../support/bucket.js";
import { Client } from "../support/client.js";
import { LoneGateway } from "../support/gateway.js";
import { until } from "../support/until.js";

const main = fileURLToPath(new URL("../../../services/webhook-worker/dist/src/main.js", import.meta.url));

test("a service whose store says nothing at its start tells it, is alive and not ready, and ends when told to", {
  timeout: 60_000,
}, async (t) => {
  const store = createServer(() => undefined).listen(0, "127.0.0.1");
  await once(store, "listening");
  const health = await freePort();
  const { NODE_TEST_CONTEXT: _, ...inherited } = process.env;
  const worker = fork(main, {
    env: {
      ...inherited,
      S3_BUCKET: "films",
      S3_ENDPOINT: `http://127.0.0.1:${(store.address() as AddressInfo).port}`,
      AWS_ACCESS_KEY_ID: "a",
      AWS_SECRET_ACCESS_KEY: "b",
      REDIS_URL: "redis://127.0.0.1:1",
      WEBHOOK_SECRET: "whsec_MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw",
      WEBHOOK_MASTER_SECRET: "whsec_MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw",
      HEALTH_PORT: String(health),
    },
    stdio: ["ignore", "pipe", "ignore", "ipc"],
  });
  t.after(() => {
    worker.kill("SIGKILL");
    store.close();
    store.closeAllConnections();
  });
  const ended = once(worker, "exit");
  assert.ok(worker.stdout);
  for await (const line of createInterface({ input: worker.stdout })) {
    const { msg, tries } = JSON.parse(line) as { msg: string; tries?: number };
    if (msg.startsWith("object store is not up")) {
      assert.equal(tries, 1, "before its try has ended");
      break;
    }
  }
  const asked = (path: string) => fetch(`http://127.0.0.1:${health}${path}`);
  assert.equal((await asked("/livez")).status, 200);
  assert.equal((await asked("/readyz")).status, 503);
  worker.kill("SIGTERM");
  assert.deepEqual(await ended, [0, null]);
});

test("a gateway whose store says nothing more is soon not ready", { timeout: 60_000 }, async (t) => {
  const gateway = await LoneGateway.start();
  t.after(() => gateway.stop());
  let asked = 0;
  t.mock.method(gateway.backbone.store, "list", () => {
    asked += 1;
    return new Promise(() => undefined);
  });
  Client.refused(await gateway.client.request("/readyz"), 503, "store-unavailable");
  assert.equal(asked, 1);
});

test("a gateway whose folder of objects is away is not ready, and tells no list to be empty", {
  timeout: 60_000,
}, async (t) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), "osteon-away-"));
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const gateway = await LoneGateway.start({ DATA_DIR: folder });
  t.after(() => gateway.stop());
  await gateway.backbone.store.probe();
  const store = path.join(folder, "store");
  await rename(store, `${store}-away`);
  Client.refused(await gateway.client.request("/readyz"), 503, "store-unavailable");
  Client.refused(await gateway.client.request("/v1/analyses"), 503, "store-unavailable");
  await rename(`${store}-away`, store);
  assert.equal((await gateway.client.request("/v1/analyses")).status, 200);
  await until("it is ready again", 10, async () => (await gateway.client.request("/readyz")).status === 200);
});

test("a gateway whose bucket is missing, or behind a proxy that answers 404, is not ready", {
  timeout: 60_000,
}, async (t) => {
  const bucket = await Bucket.start();
  t.after(() => bucket.stop());
  const proxy = await S3Proxy.start(bucket.server.endpoint);
  t.after(() => proxy.close());
  const gateway = await LoneGateway.start({ ...bucketEnv(bucket.server, proxy.url) });
  t.after(() => gateway.stop());
  const status = async () => (await gateway.client.request("/readyz")).status;
  assert.equal(await status(), 200);
  proxy.fault = () => ({ status: 404 });
  await until("the proxy's 404 is noticed", 10, async () => (await status()) === 503);
  proxy.fault = () => undefined;
  await until("it is ready again", 10, async () => (await status()) === 200);
  await rm(path.join(bucket.folder, bucket.env.S3_BUCKET ?? assert.fail()), { recursive: true });
  await until("the bucket's end is noticed", 10, async () => (await status()) === 503);
});
