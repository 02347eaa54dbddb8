import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, truncate, unlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { analysisFolder, type DeadLetter, type RetriedLetter } from "@osteon/shared";
import sharp from "sharp";
import { Client } from "../support/client.js";
import { filmBytes, testFilms } from "../support/films.js";
import { Receiver } from "../support/receiver.js";
import { startTestSystem, type TestSystem, webhookSecret } from "../support/system.js";
import { until } from "../support/until.js";
import { poison } from "./inside/poison.js";

const preload = new URL("./inside/preload.js", import.meta.url).href;
const commandLine = fileURLToPath(new URL("../../../packages/cli/dist/src/main.js", import.meta.url));
const good = testFilms(16).map(({ file }) => ({ name: file, bytes: filmBytes(file) }));
const hand = testFilms(1, "hand")[0];
/** Longer than anything takes, also on a machine that others keep busy: it only ends what would never end. */
const patienceSeconds = 900;

let dataDir: string;
let receiver: Receiver;
let system: TestSystem;
before(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), "osteon-poison-"));
  receiver = await Receiver.start(webhookSecret);
});
after(async () => {
  await system?.stop();
  await receiver?.stop();
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

async function start(poisonous: boolean): Promise<void> {
  system = await startTestSystem({
    dataDir,
    counts: { "bodypart-worker": 2, "fracture-worker": 2 },
    env: {
      JOB_LOCK_MS: "4000",
      RECONCILE_SECONDS: "2",
      INFERENCE_THREADS: "1",
      ...(poisonous
        ? {
            OSTEON_POISON: "on",
            NODE_OPTIONS: `--import=${preload} --max-old-space-size=220`,
            MEMORY_LIMIT_MB: "1200",
          }
        : {}),
    },
  });
}

/** A film that is right, but of a width that does harm. */
async function film(width: number) {
  assert.ok(hand);
  return {
    name: `${width}.png`,
    bytes: await sharp(filmBytes(hand.file)).resize({ width }).png().toBuffer(),
  };
}

/** Waits until nothing is to be done any more; the jobs that failed stay in their queue for a while. */
async function followedUp(): Promise<void> {
  await until("no analysis is pending", patienceSeconds, async () => (await system.pending()) === 0);
}

const deadLetters = async () =>
  (await system.client.request<{ data: DeadLetter[] }>("/v1/dead-letters")).body.data.sort((a, b) =>
    a.id < b.id ? -1 : 1,
  );

test("films that abort their worker or take its memory, inside JavaScript or outside, fail alone, are listed, and can be tried again once that is mended", async () => {
  await start(true);
  const poisonous = await Promise.all(Object.values(poison).map(film));
  const [aborts, ...others] = poisonous;
  assert.ok(aborts);
  const sent = [...good.slice(0, 8), aborts, ...good.slice(8), ...others];
  const answers = await Promise.all(
    sent.map((each) => system.client.submit([each], { callbackUrl: receiver.url, reference: each.name })),
  );
  const ends = await Promise.all(answers.map(({ body }) => system.client.ended(body.id, patienceSeconds)));
  const failed = ends.filter(({ status }) => status === "failed");
  assert.deepEqual(
    failed.map(({ reference }) => reference).sort(),
    poisonous.map(({ name }) => name),
    "no other film is hurt",
  );
  for (const { error } of failed) assert.equal(error?.code, "worker-lost");
  assert.equal(ends.filter(({ status }) => status === "completed").length, good.length);
  await receiver.accepted(ends.map(({ id }) => id));
  await followedUp();

  const told = await Promise.all(
    system.running.named("bodypart-worker").map(({ logFile }) => readFile(logFile, "utf8")),
  );
  const ended = told
    .join("")
    .split("\n")
    .filter((line) => line.includes("too much memory: ended"));
  assert.ok(ended.length > 0, "the memory limit ended tries; others the film that aborts");

  const listed = await deadLetters();
  assert.deepEqual(
    listed.map(({ id, kind, code }) => [id, kind, code]),
    failed.map(({ id }) => [id, "analysis", "worker-lost"]).sort(),
  );
  await system.stop();

  await start(false);
  const [first, ...rest] = listed;
  assert.ok(first);
  const retry = await system.client.request<RetriedLetter>(`/v1/dead-letters/${first.id}/retry`, {
    method: "POST",
  });
  assert.equal(retry.status, 202);
  const again = await system.client.ended(retry.body.analysis, patienceSeconds);
  assert.deepEqual([again.status, again.retryOf], ["completed", first.id]);
  assert.equal((await system.client.get(first.id)).body.status, "failed", "what was told stays");
  const repeated = await system.client.request(`/v1/dead-letters/${first.id}/retry`, { method: "POST" });
  Client.refused(repeated, 404, "dead-letter-not-found");

  const osteon = async (...args: string[]) => {
    const env = { ...process.env, DATA_DIR: dataDir, REDIS_URL: system.running.redisUrl };
    return (await promisify(execFile)(process.execPath, [commandLine, "dead-letters", ...args], { env }))
      .stdout;
  };
  const lines = (await osteon("list")).trim().split("\n");
  assert.equal(lines.length, rest.length);
  for (const { id } of rest)
    assert.ok(lines.some((line) => new RegExp(`^${id}  analysis  default .* worker-lost  `).test(line)));
  const answer = await osteon("retry", "--all");
  assert.match(answer, /^2 tried again\.$/m);
  const retried = [...answer.matchAll(/^\S+ {2}(\S+)$/gm)].map(([, id = ""]) => id);
  assert.equal(retried.length, 2, answer);
  for (const id of retried)
    assert.equal((await system.client.ended(id, patienceSeconds)).status, "completed");
  assert.deepEqual(await deadLetters(), []);
  await receiver.accepted([again.id, ...retried]);
  await followedUp();
});

test("bytes that were flipped, cut off or taken away in the store are found, and fail their analysis by a code", async () => {
  const store = path.join(dataDir, "store");
  const damages = {
    flipped: async (file: string) => {
      const bytes = await readFile(file);
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      await writeFile(file, bytes);
    },
    "cut off": async (file: string) => truncate(file, 100),
    "taken away": async (file: string) => unlink(file),
  };
  for (const [part, worker] of [
    ["original-0", "bodypart-worker"],
    ["image-0.png", "fracture-worker"],
  ] as const) {
    const workers = system.running.named(worker);
    for (const [how, damage] of Object.entries(damages)) {
      for (const { pid } of workers) if (pid !== undefined) process.kill(pid, "SIGSTOP");
      const { body } = await system.client.submit([good[0] ?? (await film(400))]);
      const file = path.join(store, analysisFolder("default", body.id), part);
      await until(`${part} is stored`, patienceSeconds, () => existsSync(file));
      await damage(file);
      for (const { pid } of workers) if (pid !== undefined) process.kill(pid, "SIGCONT");
      const end = await system.client.ended(body.id, patienceSeconds);
      assert.equal(end.status, "failed", `${part} ${how}`);
      assert.equal(end.error?.code, how === "taken away" ? "film-lost" : "film-altered", `${part} ${how}`);
    }
  }
});
