import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, connect } from "node:net";
import os from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { createServer } from "node:tls";
import { startSystem } from "@osteon/embedded";
import { startS3 } from "@osteon/embedded/testing";
import { closeRedis, connectRedis, type WorkerReload } from "@osteon/shared";
import { bucketEnv } from "../support/bucket.js";
import { Client } from "../support/client.js";
import { filmBytes, testFilms } from "../support/films.js";
import {
  password,
  RedisServer,
  redis7,
  type ServerOptions,
  tlsFolder,
  valkey,
} from "../support/redis-servers.js";
import { until } from "../support/until.js";

/** Longer than servers take to find each other, also on a machine that others keep busy. */
const patienceSeconds = 180;

const films = testFilms(6).map(({ file }) => ({ name: file, bytes: filmBytes(file) }));

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "osteon-redis-"));
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

async function server(t: TestContext, options: ServerOptions): Promise<RedisServer> {
  const started = await RedisServer.start(options);
  t.after(() => started.kill());
  return started;
}

async function osteon(t: TestContext, folder: string, redisUrl: string, env: Record<string, string>) {
  const running = await startSystem({
    dataDir: path.join(folder, "data"),
    port: 0,
    redisUrl,
    env: { JOB_LOCK_MS: "5000", RECONCILE_SECONDS: "2", INFERENCE_THREADS: "1", ...env },
    startTimeoutMs: 300_000,
    write: () => undefined,
  });
  t.after(() => running.stop());
  return new Client(running.url);
}

async function examined(client: Client, count: number): Promise<void> {
  const answers = await Promise.all(films.slice(0, count).map((film) => client.submit([film])));
  for (const { body } of answers) assert.equal((await client.ended(body.id, 120)).status, "completed");
}

test("TLS and passwords to Redis and S3, each checked against its certificate", async (t) => {
  const folder = await folderOf(t);
  const redis = await server(t, { make: await redis7(), folder, tls: true });
  const ca = `${tlsFolder}cert.pem`;
  const stranger = connectRedis(redis.url, "commands");
  await assert.rejects(stranger.ping(), "a certificate that nobody vouches for");
  await closeRedis(stranger);
  const s3 = await startS3({ dir: path.join(folder, "s3") });
  t.after(() => s3.stop());
  await s3.createBucket("films");
  const front = createServer(
    { key: readFileSync(`${tlsFolder}key.pem`), cert: readFileSync(ca) },
    (client) => {
      const behind = connect(Number(new URL(s3.endpoint).port), "127.0.0.1");
      client.pipe(behind).pipe(client);
      client.on("error", () => behind.destroy());
      behind.on("error", () => client.destroy());
    },
  );
  front.listen(0, "127.0.0.1");
  await once(front, "listening");
  t.after(() => front.close());
  const client = await osteon(t, folder, redis.url, {
    REDIS_CA_FILE: ca,
    S3_CA_FILE: ca,
    ...bucketEnv(s3, `https://127.0.0.1:${(front.address() as AddressInfo).port}`),
  });
  await examined(client, 2);
});

test("a Sentinel failover, and what its replica had not got, costs no film", async (t) => {
  const make = await redis7();
  const folder = await folderOf(t);
  const shared = {
    make,
    folder,
    config: ["user replica on >replica +psync +replconf +ping", "masteruser replica", "masterauth replica"],
  };
  const master = await server(t, shared);
  const replica = await server(t, {
    ...shared,
    config: [...shared.config, `replicaof 127.0.0.1 ${master.port}`],
  });
  const sentinels = await Promise.all(
    [1, 2, 3].map(() =>
      server(t, {
        make,
        folder,
        sentinel: true,
        config: [
          `sentinel monitor osteon 127.0.0.1 ${master.port} 2`,
          `sentinel auth-pass osteon "${password}"`,
          "sentinel down-after-milliseconds osteon 5000",
          "sentinel failover-timeout osteon 10000",
        ],
      }),
    ),
  );
  const info = (of: RedisServer) => of.use((redis) => redis.info("replication"));
  await until("the replica follows", patienceSeconds, async () =>
    (await info(replica)).includes("master_link_status:up"),
  );
  const [first] = sentinels;
  assert.ok(first);
  await until("the sentinels know each other and the replica", patienceSeconds, async () => {
    const known = (await first.use(
      (sentinel) => sentinel.call("SENTINEL", "MASTER", "osteon"),
      {},
    )) as string[];
    const value = (name: string) => Number(known[known.indexOf(name) + 1]);
    return value("num-slaves") === 1 && value("num-other-sentinels") === 2;
  });
  const client = await osteon(t, folder, master.url, {
    REDIS_SENTINELS: sentinels.map(({ port }) => `127.0.0.1:${port}`).join(","),
  });
  await examined(client, 1);
  // From here on the replica learns nothing more: what is promised now, an asynchronous failover loses.
  await master.use(async (redis) => {
    await redis.acl("SETUSER", "replica", "off");
    await redis.call("CLIENT", "KILL", "TYPE", "replica");
  });
  const answers = await Promise.all(films.map((film) => client.submit([film])));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([202]));
  await master.kill();
  for (const { body } of answers) assert.equal((await client.ended(body.id, 180)).status, "completed");
  await until("the replica is the master", patienceSeconds, async () =>
    (await info(replica)).includes("role:master"),
  );
  await examined(client, 2);
});

test("a Cluster of three masters, one of them away for a while", async (t) => {
  const make = await valkey();
  const folder = await folderOf(t);
  const config = [
    "cluster-node-timeout 3000",
    "cluster-require-full-coverage no",
    "cluster-allow-replica-migration no",
  ];
  const nodes = await Promise.all([1, 2, 3].map(() => server(t, { make, folder, cluster: true, config })));
  const bounds = [0, 5461, 10923, 16384];
  const [meeting] = nodes;
  assert.ok(meeting);
  for (const [at, node] of nodes.entries()) {
    const [from = 0, to = 0] = [bounds[at], bounds[at + 1]];
    await node.use((redis) => redis.call("CLUSTER", "ADDSLOTSRANGE", String(from), String(to - 1)));
    const [port, busPort] = [String(meeting.port), String(meeting.busPort)];
    await node.use((redis) => redis.call("CLUSTER", "MEET", "127.0.0.1", port, busPort));
  }
  for (const node of nodes)
    await until("a node knows the Cluster", patienceSeconds, async () =>
      /cluster_state:ok[\s\S]*cluster_known_nodes:3/.test(
        String(await node.use((redis) => redis.cluster("INFO"))),
      ),
    );
  const client = await osteon(t, folder, nodes.map(({ url }) => url).join(","), { REDIS_CLUSTER: "on" });
  await examined(client, 6);
  const keys = await Promise.all(nodes.map((node) => node.use((redis) => redis.dbsize())));
  assert.equal(keys.filter((count) => count > 0).length, 1, "the queues' keys are of one slot");
  for (let call = 0; call < 10; call += 1) {
    const { body } = await client.request<{ data: WorkerReload[] }>("/v1/models/reload", {
      method: "POST",
    });
    assert.ok(body.data.length > 0);
    assert.deepEqual(new Set(body.data.map(({ state }) => state)), new Set(["answered"]), `call ${call}`);
  }
  const empty = nodes[keys.indexOf(0)];
  await empty?.kill();
  await examined(client, 3);
});
