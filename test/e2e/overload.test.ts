import assert from "node:assert/strict";
import { on } from "node:events";
import { after, before, test } from "node:test";
import { monitoring } from "@osteon/bench/monitoring";
import type { Analysis } from "@osteon/shared";
import { Redis } from "ioredis";
import { Client } from "../support/client.js";
import { filmBytes, testFilms } from "../support/films.js";
import { startTestSystem, type TestSystem } from "../support/system.js";
import { until } from "../support/until.js";

const films = testFilms(1).map(({ file }) => ({ name: file, bytes: filmBytes(file) }));
let system: TestSystem;
before(async () => {
  // Nobody works the queue off.
  system = await startTestSystem({ counts: { "bodypart-worker": 0 }, env: { MAX_QUEUED: "5" } });
});
after(() => system?.stop());

/**
 * Waits for the gateway's look at the load, of which it takes one a second. A film that is accepted just while it looks may
 * count twice until it looks again: what is counted exactly is submitted between two looks.
 */
async function looked({ running }: TestSystem): Promise<void> {
  const redis = new Redis(running.redisUrl);
  const monitor = await monitoring(redis);
  const signal = AbortSignal.timeout(20_000);
  const commands: AsyncIterable<unknown[]> = on(monitor, "monitor", { signal });
  try {
    // Nothing else asks for it.
    for await (const [, words] of commands) if (String(words).toLowerCase() === "get,{osteon}:ended") return;
  } finally {
    monitor.disconnect();
    redis.disconnect();
  }
}

test("a full queue is shed at the door; what was accepted stays, and reads keep working", async () => {
  const accepted = [];
  await looked(system);
  for (let film = 0; film < 5; film += 1) {
    const answer = await system.client.submit(films);
    assert.equal(answer.status, 202);
    accepted.push(answer.body.id);
  }
  const before = await system.snapshot();
  const refused = await system.client.submit(films);
  Client.refused(refused, 503, "overloaded");
  assert.ok(Number(refused.headers.get("retry-after")) >= 1);
  assert.deepEqual(await system.snapshot(), before);
  for (const id of accepted) assert.equal((await system.client.get(id)).body.status, "queued");

  // Cancelling takes the job out, and makes room.
  const cancelled = await system.client.request<{ status: string }>(`/v1/analyses/${accepted[0]}/cancel`, {
    method: "POST",
  });
  assert.equal(cancelled.body.status, "cancelled");
  await until("there is room", 20, async () => (await system.client.submit(films)).status === 202);
});

test("a flood is refused before others are, by its share; it may still read and cancel", async () => {
  const shared = await startTestSystem({
    counts: { "bodypart-worker": 0 },
    env: { AUTH: "keys", MAX_QUEUED: "6" },
  });
  try {
    const keyOf = (tenant: string) => shared.key(tenant, "submit", "read");
    const [flood, other, third] = [await keyOf("flood"), await keyOf("other"), await keyOf("third")];
    const ask = <T>(key: string, path: string, init: RequestInit = {}) =>
      shared.client.request<T>(path, {
        ...init,
        headers: { "content-type": "image/jpeg", authorization: `Bearer ${key}` },
      });
    const submit = (key: string) =>
      ask<Analysis>(key, "/v1/analyses", {
        method: "POST",
        body: Uint8Array.from(films[0]?.bytes ?? Buffer.alloc(0)),
      });
    const ids = [];
    await looked(shared);
    for (let film = 0; film < 6; film += 1) ids.push((await submit(flood)).body.id);
    Client.refused(await submit(flood), 503, "overloaded");
    for (let film = 0; film < 3; film += 1) assert.equal((await submit(other)).status, 202);
    const refused = await submit(flood);
    Client.refused(refused, 429, "share-exceeded");
    assert.equal(refused.headers.get("retry-after"), "60", "nobody drains the queue: no rate is known");
    Client.refused(await submit(other), 429, "share-exceeded");
    assert.equal((await submit(third)).status, 202);
    assert.equal((await ask<Analysis>(flood, `/v1/analyses/${ids[0]}`)).body.status, "queued");
    assert.equal((await ask(flood, `/v1/analyses/${ids[0]}/cancel`, { method: "POST" })).status, 200);
  } finally {
    await shared.stop();
  }
});
