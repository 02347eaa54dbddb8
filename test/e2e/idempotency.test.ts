import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type Analysis, closeRedis, connectRedis, type RedisConnection } from "@osteon/shared";
import { Bucket } from "../support/bucket.js";
import { type Answer, Client } from "../support/client.js";
import { filmBytes, testFilms } from "../support/films.js";
import { startTestSystem, type TestSystem } from "../support/system.js";

const hand = filmBytes(testFilms(1, "hand")[0]?.file ?? "");
let bucket: Bucket;
let system: TestSystem;
let redis: RedisConnection;
before(async () => {
  bucket = await Bucket.start();
  system = await startTestSystem({
    counts: { gateway: 2 },
    env: bucket.env,
  });
  redis = connectRedis(system.running.redisUrl, "commands");
});
after(async () => {
  await closeRedis(redis);
  await system?.stop();
  await bucket?.stop();
});

function submit(gateway: number, key: string): Promise<Answer<Analysis>> {
  const address = system.running.named("gateway")[gateway]?.address ?? "";
  return new Client(address).request("/v1/analyses", {
    method: "POST",
    body: Uint8Array.from(hand),
    headers: { "content-type": "image/jpeg", "idempotency-key": key },
  });
}

/** Repeats as a client does that obeys `Retry-After`, until the key is not in flight any more. */
async function repeated(gateway: number, key: string): Promise<Answer<Analysis>> {
  for (;;) {
    const answer = await submit(gateway, key);
    if (answer.status !== 409) return answer;
    Client.refused(answer, 409, "idempotency-in-flight");
    await delay(Number(answer.headers.get("retry-after")) * 1000);
  }
}

const listed = async () =>
  (await system.client.request<{ data: Analysis[] }>("/v1/analyses?limit=100")).body.data;

async function claims(): Promise<string[]> {
  return redis.keys("{osteon}:idempotency:*");
}

test("a gateway that dies before it accepts leaves the key to the next", async () => {
  const already = (await claims()).length;
  const { pid } = bucket.server;
  assert.ok(pid !== undefined);
  // The store stands still: the first request has the key, and hangs before it is accepted.
  process.kill(pid, "SIGSTOP");
  const first = submit(0, "dies-before").catch(() => undefined);
  while ((await claims()).length === already) await new Promise(setImmediate);
  const gateway = system.running.named("gateway")[0];
  await gateway?.kill("SIGKILL");
  process.kill(pid, "SIGCONT");
  assert.equal(await first, undefined);
  const answer = await repeated(1, "dies-before");
  assert.deepEqual([answer.status, answer.headers.get("idempotency-replayed")], [202, null]);
  assert.deepEqual(
    (await listed()).map((each) => each.id),
    [answer.body.id],
  );
  await gateway?.untilReady();
});

test("a gateway that dies after it accepted, before it answered, has its answer given by the next", async () => {
  const answer = await submit(1, "dies-after");
  assert.equal(answer.status, 202);
  // The key as the gateway leaves it that dies in this moment.
  for (const name of await claims()) {
    const entry = JSON.parse((await redis.get(name)) ?? "{}") as { id?: string; fingerprint: string };
    if (entry.id === answer.body.id) await redis.set(name, JSON.stringify({ ...entry, until: Date.now() }));
  }
  const again = await repeated(0, "dies-after");
  assert.deepEqual([again.status, again.headers.get("idempotency-replayed")], [202, "true"]);
  assert.equal(again.body.id, answer.body.id);
});
