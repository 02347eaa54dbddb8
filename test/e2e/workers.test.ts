import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import type { ProcessExit } from "@osteon/embedded";
import { closeRedis, connectRedis } from "@osteon/shared";
import { filmBytes, testFilms } from "../support/films.js";
import { ModelsFolder } from "../support/models-folder.js";
import { startTestSystem } from "../support/system.js";

/** What a warm-up is to answer, of a manifest. */
interface WarmUp {
  outputs: Record<string, number[]>;
}

test("a worker whose model answers its warm-up film wrong is never ready, and says why", async (t) => {
  const models = await ModelsFolder.make();
  t.after(() => models.remove());
  const name = "fracture-hand/model.json";
  const manifest = JSON.parse(await readFile(path.join(models.path, name), "utf8")) as {
    warmup: WarmUp;
    int8?: { warmup: WarmUp };
  };
  for (const { outputs } of [manifest.warmup, manifest.int8?.warmup ?? manifest.warmup])
    outputs.logit = [(outputs.logit?.[0] ?? 0) + 1];
  await models.write(name, JSON.stringify(manifest));
  await assert.rejects(
    startTestSystem({ modelsDir: models.path }).then((system) => system.stop()),
    /^StartError: fracture-worker.* does not start[\s\S]*warmup-failed: fracture-hand: /,
  );
});

test("a worker that is told to end finishes the films in its hands, hands back the rest, and fails none", async (t) => {
  const system = await startTestSystem({ env: { INFERENCE_THREADS: "1", BODYPART_CONCURRENCY: "4" } });
  const redis = connectRedis(system.running.redisUrl, "commands");
  t.after(async () => {
    await closeRedis(redis);
    await system.stop();
  });
  const [worker] = system.running.named("bodypart-worker");
  const { pid } = worker ?? {};
  assert.ok(worker && pid);
  const inHand = () => redis.llen("{osteon}:bodypart:active");
  const waiting = async () =>
    (await redis.llen("{osteon}:bodypart:wait")) + (await redis.zcard("{osteon}:bodypart:prioritized"));
  // So many that the worker cannot have ended them all by the time that a busy machine stops it.
  const films = testFilms(48).map(({ file }) => ({ name: file, bytes: filmBytes(file) }));
  process.kill(pid, "SIGSTOP");
  const answers = await Promise.all(films.map((film) => system.client.submit([film])));
  process.kill(pid, "SIGCONT");
  // Without a pause: it has them for some milliseconds.
  for (const by = Date.now() + 60_000; (await inHand()) === 0; )
    assert.ok(Date.now() < by, "the worker takes no film");
  process.kill(pid, "SIGSTOP");
  assert.ok((await inHand()) > 0 && (await waiting()) > 0, "films in its hands, and others that wait for it");
  const exited = once(worker, "exit") as Promise<[ProcessExit]>;
  process.kill(pid, "SIGTERM");
  process.kill(pid, "SIGCONT");
  const [{ code, signal }] = await exited;
  assert.deepEqual([code, signal], [0, null]);
  assert.equal(await inHand(), 0, "nothing is left in the hands of who has gone");
  for (const { body } of answers) assert.equal((await system.client.ended(body.id)).status, "completed");
  await system.settled();
  const begun = new Map<string, number>();
  for (const [, fields] of await redis.xrange("{osteon}:bodypart:events", "-", "+")) {
    const event = Object.fromEntries(fields.map((name, at) => [name, fields[at + 1]]));
    assert.ok(!["stalled", "failed", "delayed"].includes(event.event ?? ""), JSON.stringify(event));
    if (event.event === "active") begun.set(event.jobId ?? "", (begun.get(event.jobId ?? "") ?? 0) + 1);
  }
  assert.deepEqual([...begun.values()], Array(films.length).fill(1), "each film was begun once");
});
