import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { freePort, type ServiceName } from "@osteon/embedded";
import {
  type AnalysisRequest,
  analysisFolder,
  filmJobId,
  type Jobs,
  loadConfig,
  openBackbone,
} from "@osteon/shared";
import { Client } from "../support/client.js";
import { filmBytes, testFilms } from "../support/films.js";
import { startTestSystem, type TestSystem } from "../support/system.js";
import { until } from "../support/until.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const preload = new URL("../faults/inside/next-version.js", import.meta.url).href;
const films = testFilms(8).map(({ file }) => ({ name: file, bytes: filmBytes(file) }));

let system: TestSystem;
const next: ChildProcess[] = [];
before(async () => {
  system = await startTestSystem({ env: { RECONCILE_SECONDS: "2", INFERENCE_THREADS: "1" } });
});
after(async () => {
  for (const each of next) each.kill("SIGKILL");
  await system?.stop();
});

/** Starts a service of the next version on the same queues and store. */
async function startNext(name: ServiceName): Promise<string> {
  const port = await freePort();
  const { NODE_TEST_CONTEXT: _, ...inherited } = process.env;
  const child = fork(path.join(root, "services", name, "dist", "src", "main.js"), {
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    env: {
      ...inherited,
      DATA_DIR: system.running.dataDir,
      REDIS_URL: system.running.redisUrl,
      MODELS_DIR: path.join(root, "models"),
      INFERENCE_THREADS: "1",
      PORT: String(port),
      NODE_OPTIONS: `--import=${preload}`,
    },
  });
  next.push(child);
  await once(child, "message");
  return `http://127.0.0.1:${port}`;
}

async function submitted(client: Client, chosen: typeof films): Promise<string[]> {
  const answers = await Promise.all(chosen.map((film) => client.submit([film])));
  for (const { status } of answers) assert.equal(status, 202);
  return answers.map(({ body }) => body.id);
}

async function completed(ids: readonly string[]): Promise<void> {
  for (const id of ids) assert.equal((await system.client.ended(id, 120)).status, "completed");
}

test("workers of two versions share the queues: the older hand back what they do not know, the newer take all", async () => {
  const later = new Client(await startNext("gateway"));
  const ofNext = await submitted(later, films.slice(0, 3));
  await completed(await submitted(system.client, films.slice(3, 5)));
  const worker = system.running.named("bodypart-worker")[0];
  assert.ok(worker);
  await until("the older worker met a job of the newer", 120, async () =>
    (await readFile(worker.logFile, "utf8")).includes("record-too-new"),
  );
  for (const id of ofNext) assert.equal((await system.client.get(id)).body.status, "queued", "it waits");
  await startNext("bodypart-worker");
  await startNext("fracture-worker");
  await completed(ofNext);
  await completed([...(await submitted(system.client, films)), ...(await submitted(later, films))]);
  await system.settled();
});

test("what version 1 left in queue and store is finished", async () => {
  const fixtures = path.join(root, "test", "fixtures");
  const read = (name: string): unknown =>
    JSON.parse(readFileSync(path.join(fixtures, "version-1", `${name}.json`), "utf8"));
  const film = readFileSync(path.join(fixtures, "small-film.png"));
  const { store, queues, close } = await openBackbone(
    loadConfig({ DATA_DIR: system.running.dataDir, REDIS_URL: system.running.redisUrl, LOG_LEVEL: "silent" }),
  );
  for (const kind of ["bodypart", "fracture"] as const) {
    const request = read(`request-${kind}`) as AnalysisRequest;
    const folder = analysisFolder(request.tenant, request.id);
    await store.put(`pending/${request.id}`, JSON.stringify({ tenant: request.tenant }));
    await store.put(`${folder}original-0`, film);
    await store.put(`${folder}image-0.png`, film);
    await store.put(`${folder}request.json`, JSON.stringify(request));
    const data = read(`job-${kind}`) as Jobs[typeof kind];
    await queues.add(kind, { id: filmJobId(request.id, 0, kind), data });
    const end = await system.client.ended(request.id, 120);
    assert.deepEqual([end.status, end.reference], ["completed", "from version 1"]);
  }
  await close();
  await system.settled();
});
