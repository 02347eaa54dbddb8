import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { after, before, test } from "node:test";
import { type RunningRedis, startRedis } from "@osteon/embedded";
import { startS3 } from "@osteon/embedded/testing";
import { Idempotency } from "@osteon/gateway/intake/idempotency";
import { type Analysis, closeRedis, connectRedis } from "@osteon/shared";
import { S3Store } from "@osteon/shared/s3-store";
import { S3Proxy } from "../faults/s3-proxy.js";
import { Client } from "../support/client.js";
import { LoneGateway } from "../support/gateway.js";
import { nobody } from "../support/idempotency.js";
import { TcpProxy } from "../support/tcp-proxy.js";

/** The store's side of keys, which is of no interest here. */
const records = { find: async () => undefined, keep: async () => true };

let folder: string;
let redis: RunningRedis;
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "osteon-silence-"));
  redis = await startRedis({ dataDir: folder });
});
after(async () => {
  await redis?.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** A connection to Redis through a proxy that can be hurt. */
async function throughProxy(t: { after(step: () => unknown): void }, use: "commands" | "blocking") {
  const proxy = await TcpProxy.start(redis.port);
  const connection = connectRedis(redis.url.replace(String(redis.port), String(proxy.port)), use);
  t.after(async () => {
    await closeRedis(connection);
    await proxy.close();
  });
  await once(connection, "ready");
  return { proxy, connection };
}

/** Unlike `once`, it takes the error that comes before for what it is. */
function closed(connection: ReturnType<typeof connectRedis>): Promise<void> {
  return new Promise((resolve) => connection.once("close", () => resolve()));
}

test("a worker's connection to a Redis that says nothing more is given up, and its command is asked again", async (t) => {
  const { proxy, connection } = await throughProxy(t, "blocking");
  const other = connectRedis(redis.url, "commands");
  t.after(() => closeRedis(other));
  proxy.stall(true);
  const told = connection.xread("BLOCK", 0, "STREAMS", "{osteon}:silence", 0);
  await closed(connection);
  proxy.stall(false);
  await other.xadd("{osteon}:silence", "1-1", "a", "b");
  assert.deepEqual(await told, [["{osteon}:silence", [["1-1", ["a", "b"]]]]]);
});

test("a command to a Redis that says nothing fails, and the next after it is answered again", async (t) => {
  const { proxy, connection } = await throughProxy(t, "commands");
  proxy.stall(true);
  await assert.rejects(connection.get("{osteon}:nothing"));
  proxy.stall(false);
  assert.equal(await connection.ping(), "PONG");
});

test("a gateway whose Redis says nothing more soon tells its metrics without the queues, and that it is not ready", async (t) => {
  const gateway = await LoneGateway.start();
  t.after(() => gateway.stop());
  const ask = (path: string) => gateway.client.request<string>(path, { signal: AbortSignal.timeout(5_000) });
  const [ready, metrics] = await gateway.withSilentRedis(() =>
    Promise.all([ask("/readyz"), ask("/metrics")]),
  );
  Client.refused(ready, 503, "queue-unavailable");
  assert.equal(metrics.status, 200);
  assert.match(metrics.body, /^osteon_refusals_total\{/m);
  assert.doesNotMatch(metrics.body, /^osteon_queue_jobs\{/m);
  assert.match((await ask("/metrics")).body, /^osteon_queue_jobs\{/m, "and with them when it is back");
});

/** A store on a server of the test's own, which answers as the test has it. */
async function storeOf(t: { after(step: () => unknown): void }, server: Server, answerMs = 30_000) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const store = new S3Store({
    bucket: "films",
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: "us-east-1",
    credentials: { accessKeyId: "nobody", secretAccessKey: "nothing" },
    answerMs,
  });
  t.after(async () => {
    await store.close();
    server.close();
    server.closeAllConnections();
  });
  return store;
}

test("a call to an S3 server that takes it and never answers fails, and the next after it is answered again", async (t) => {
  const s3 = await startS3({ dir: path.join(folder, "s3") });
  t.after(() => s3.stop());
  await s3.createBucket("films");
  const proxy = await S3Proxy.start(s3.endpoint);
  t.after(() => proxy.close());
  const { region, accessKeyId, secretAccessKey } = s3;
  const store = new S3Store({
    bucket: "films",
    endpoint: proxy.url,
    region,
    credentials: { accessKeyId, secretAccessKey },
    answerMs: 2_000,
  });
  t.after(() => store.close());
  proxy.hang(true);
  const unavailable = { code: "store-unavailable" };
  await Promise.all([
    assert.rejects(store.put("a", "written"), unavailable),
    assert.rejects(store.get("a"), unavailable),
    assert.rejects(store.list("folder/"), unavailable),
  ]);
  proxy.hang(false);
  await store.put("a", "written");
  assert.equal(String(await store.get("a")), "written");
});

test("a call to an S3 server that never answers is not made again: its caller waits for one", async (t) => {
  let calls = 0;
  const server = createServer(() => {
    calls += 1;
  });
  const store = await storeOf(t, server, 500);
  await assert.rejects(store.get("a"), { code: "store-unavailable" });
  assert.equal(calls, 1);
  await assert.rejects(store.put("a", Readable.from([Buffer.alloc(1)])), { code: "store-unavailable" });
  assert.equal(calls, 2);
});

test("a call that an S3 server fails at once is made again", async (t) => {
  let calls = 0;
  const server = createServer((_, answer) => {
    calls += 1;
    answer.writeHead(calls < 3 ? 503 : 200, { "content-length": 0 }).end();
  });
  const store = await storeOf(t, server);
  assert.equal(String(await store.get("a")), "");
  assert.equal(calls, 3);
});

test("an answer of an S3 server that stalls in its body fails, and the next is read whole", {
  timeout: 60_000,
}, async (t) => {
  let stalls = true;
  const server = createServer((_, answer) => {
    answer.writeHead(200, { "content-type": "image/png", "content-length": 8 });
    answer.write("half");
    if (!stalls) answer.end("full");
  });
  const store = await storeOf(t, server, 1_000);
  await assert.rejects(store.get("a"), { code: "store-unavailable" });
  stalls = false;
  assert.equal(String(await store.get("a")), "halffull");
});

test("an Idempotency-Key whose claim was done and whose answer was lost is still its request's own", async (t) => {
  const { proxy, connection } = await throughProxy(t, "commands");
  const request = { tenant: "a", key: "k", fingerprint: "f", id: "one" };
  const idempotency = new Idempotency(connection, records);
  proxy.loseAnswer();
  const lost = closed(connection);
  const claim = await idempotency.claim(request, nobody);
  await lost;
  assert.ok("settle" in claim);
  await assert.rejects(idempotency.claim({ ...request, id: "two" }, nobody), {
    code: "idempotency-in-flight",
  });
  assert.equal(await claim.settle(), true);
  const same = { id: "one" } as Analysis;
  const promised = async (id: string) => {
    assert.equal(id, "one");
    return same;
  };
  const found = await idempotency.claim({ ...request, id: "three" }, { ...nobody, promised });
  assert.equal(found, same);
});

test("what a repeat was promised while its first still hung is the first's promise too", async (t) => {
  const connection = connectRedis(redis.url, "commands");
  t.after(() => closeRedis(connection));
  let now = Date.now();
  const keys = new Idempotency(connection, records, () => now);
  const asked = { tenant: "a", key: "hangs", fingerprint: "the same", id: "first" };
  const first = await keys.claim(asked, nobody);
  now += 60_000;
  const found = { id: "first", status: "queued" } as Analysis;
  const inDoubt = async () => found;
  assert.deepEqual(await keys.claim({ ...asked, id: "repeat" }, { ...nobody, inDoubt }), found);
  assert.ok("release" in first);
  await first.release(false);
  assert.equal(await first.settle(), true, "it is the same promise");
});
