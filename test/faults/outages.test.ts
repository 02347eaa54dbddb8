import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { createInterface, type Interface } from "node:readline";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { freePort, serviceNames, startRedis } from "@osteon/embedded";
import { startS3 } from "@osteon/embedded/testing";
import { closeRedis, connectRedis } from "@osteon/shared";
import { bucketEnv } from "../support/bucket.js";
import { Client } from "../support/client.js";
import { filmBytes, testFilms } from "../support/films.js";
import { startTestSystem } from "../support/system.js";
import { until } from "../support/until.js";
import { mountDisk, pretendDisk, type SmallDisk } from "./small-disk.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const servicesFolder = path.join(root, "services");
const models = path.join(root, "models");
const films = testFilms(6).map(({ file }) => ({ name: file, bytes: filmBytes(file) }));
const env = { JOB_LOCK_MS: "3000", RECONCILE_SECONDS: "2", INFERENCE_THREADS: "1" };

/** Tries that a film has for faults of its own. */
const triesOfOwnFaults = 4;
/** Longer than anything takes that comes to its end, also on a machine that others keep busy. */
const patienceSeconds = 600;

/** Waits until each film was tried more often than its own faults allow. */
const triedBeyondOwnFaults = ({ health }: { health: string | undefined }) =>
  until("each film was tried more often than its own faults allow", patienceSeconds, async () => {
    const metrics = await (await fetch(`${health}/metrics`)).text();
    const retried = /^osteon_job_duration_seconds_count\{[^}]*outcome="retried"[^}]*\} (\d+)$/m.exec(metrics);
    return Number(retried?.[1] ?? 0) > films.length * triesOfOwnFaults;
  });

/** A data folder, and what its store is on. */
async function onSmallDisk(t: TestContext): Promise<{ dataDir: string; disk: SmallDisk }> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), "osteon-small-"));
  const store = path.join(dataDir, "store");
  await mkdir(store);
  const disk = mountDisk(store, 24) ?? pretendDisk(dataDir);
  t.after(async () => {
    disk.remove();
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  });
  return { dataDir, disk };
}

test("a full disk refuses new films, and those accepted wait until there is room", async (t) => {
  const { dataDir, disk } = await onSmallDisk(t);
  const system = await startTestSystem({ dataDir, env: { ...env, ...disk.env, HEALTH_PORT: "0" } });
  try {
    const [worker] = system.running.named("bodypart-worker");
    assert.ok(worker?.pid);
    process.kill(worker.pid, "SIGSTOP");
    const answers = await Promise.all(films.map((film) => system.client.submit([film])));
    const empty = disk.fill();
    process.kill(worker.pid, "SIGCONT");
    Client.refused(await system.client.submit(films.slice(0, 1)), 503, "store-unavailable");
    await triedBeyondOwnFaults(worker);
    for (const { body } of answers)
      assert.ok(["queued", "processing"].includes((await system.client.get(body.id)).body.status));
    empty();
    for (const { body } of answers)
      assert.equal((await system.client.ended(body.id, patienceSeconds)).status, "completed");
    await system.settled(patienceSeconds);
  } finally {
    await system.stop();
  }
});

test("films whose worker finds its folder of objects away wait until it is back", async (t) => {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), "osteon-away-"));
  t.after(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }));
  const system = await startTestSystem({ dataDir, env: { ...env, HEALTH_PORT: "0" } });
  try {
    const [worker] = system.running.named("bodypart-worker");
    assert.ok(worker?.pid);
    process.kill(worker.pid, "SIGSTOP");
    const answers = await Promise.all(films.map((film) => system.client.submit([film])));
    const store = path.join(dataDir, "store");
    await rename(store, `${store}-away`);
    await mkdir(store);
    process.kill(worker.pid, "SIGCONT");
    await triedBeyondOwnFaults(worker);
    assert.deepEqual(await readdir(store), [], "nothing is begun in its place");
    await rm(store, { recursive: true });
    await rename(`${store}-away`, store);
    for (const { body } of answers)
      assert.equal((await system.client.ended(body.id, patienceSeconds)).status, "completed");
    await system.settled(patienceSeconds);
  } finally {
    await system.stop();
  }
});

test("services that are there before Redis and the store wait for both", async (t) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), "osteon-order-"));
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const redis = await startRedis({ dataDir: folder });
  await redis.stop();
  const s3 = await startS3({ dir: path.join(folder, "s3") });
  await s3.createBucket("films");
  await s3.stop();
  const port = await freePort();
  const { NODE_TEST_CONTEXT: _, ...inherited } = process.env;
  const services = serviceNames.map((name) =>
    fork(path.join(servicesFolder, name, "dist", "src", "main.js"), {
      stdio: ["ignore", "pipe", "ignore", "ipc"],
      env: {
        ...inherited,
        ...env,
        PORT: String(port),
        MODELS_DIR: models,
        REDIS_URL: redis.url,
        ...bucketEnv(s3),
      },
    }),
  );
  t.after(async () => {
    for (const each of services) each.kill("SIGKILL");
    await redis.stop();
    await s3.stop();
  });
  // One reader a process: a second would be given pieces of lines.
  const logs = services.map(({ stdout }) => {
    assert.ok(stdout);
    return createInterface({ input: stdout });
  });
  const ready = Promise.all(logs.map((each) => told(each, (line) => line.includes('"msg":"ready"'))));
  // Who waits for it may have failed before.
  ready.catch(() => undefined);
  await Promise.all(logs.map((each) => told(each, (line) => line.includes("object store is not up"))));
  await s3.restart();
  await Promise.all(logs.map((each) => told(each, (line) => line.includes("redis is not up"))));
  await redis.restart();
  await ready;
  const client = new Client(`http://127.0.0.1:${port}`);
  const { body } = await client.submit(films.slice(0, 1));
  assert.equal((await client.ended(body.id, patienceSeconds)).status, "completed");
});

/** Waits until a process logs such a line; rejects where it ends before. */
function told(lines: Interface, what: (line: string) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error("the process ended before it said so"));
    const look = (line: string) => {
      if (!what(line)) return;
      lines.off("line", look).off("close", ended);
      resolve();
    };
    lines.on("line", look).once("close", ended);
  });
}

test("Redis out of memory refuses new films, and those accepted wait until there is room", async () => {
  const system = await startTestSystem({ env });
  const redis = connectRedis(system.running.redisUrl, "commands");
  try {
    const [worker] = system.running.named("bodypart-worker");
    assert.ok(worker?.pid);
    process.kill(worker.pid, "SIGSTOP");
    const answers = await Promise.all(films.map((film) => system.client.submit([film])));
    await redis.config("SET", "maxmemory", "1mb");
    process.kill(worker.pid, "SIGCONT");
    Client.refused(await system.client.submit(films.slice(0, 1)), 503, "queue-unavailable");
    await until("the worker meets the full Redis", patienceSeconds, async () =>
      (await readFile(worker.logFile, "utf8")).includes("OOM command not allowed"),
    );
    await redis.config("SET", "maxmemory", "0");
    for (const { body } of answers)
      assert.equal((await system.client.ended(body.id, patienceSeconds)).status, "completed");
    await system.settled(patienceSeconds);
  } finally {
    await closeRedis(redis);
    await system.stop();
  }
});
