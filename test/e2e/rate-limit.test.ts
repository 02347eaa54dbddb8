import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Analysis, NewKey } from "@osteon/shared";
import { type Answer, Client } from "../support/client.js";
import { filmBytes, testFilms } from "../support/films.js";
import { startTestSystem, type TestSystem } from "../support/system.js";

const hand = filmBytes(testFilms(1, "hand")[0]?.file ?? "");
let system: TestSystem;
before(async () => {
  system = await startTestSystem({
    counts: { gateway: 2 },
    env: { AUTH: "keys", RATE_LIMIT_SUBMISSIONS: "6", RATE_LIMIT_READS: "40" },
  });
});
after(() => system?.stop());

const make = async (tenant: string, more: Partial<NewKey> = {}) =>
  (await system.ring.create({ tenant, name: "", scopes: ["submit", "read"], ...more })).text;

const clientOf = (key: string, gateway = 0) =>
  new Client(system.running.named("gateway")[gateway]?.address ?? "", key);

function ask<T>(key: string, path: string, init: RequestInit = {}, gateway = 0): Promise<Answer<T>> {
  return clientOf(key, gateway).request<T>(path, init);
}
const submit = (key: string, gateway = 0) =>
  ask<Analysis>(
    key,
    "/v1/analyses",
    { method: "POST", body: Uint8Array.from(hand), headers: { "content-type": "image/jpeg" } },
    gateway,
  );

test("calls are counted over all gateways and keys of a tenant; reads and other tenants go on", async () => {
  const [one, two, other] = [await make("a"), await make("a"), await make("b")];
  const left = [];
  for (let at = 0; at < 6; at += 1) {
    const answer = await submit(at % 2 === 0 ? one : two, at % 2);
    assert.equal(answer.status, 202);
    assert.equal(answer.headers.get("ratelimit-policy"), '"submissions";q=6;w=60');
    const [, remaining] = /^"submissions";r=(\d+);t=\d+$/.exec(answer.headers.get("ratelimit") ?? "") ?? [];
    left.push(Number(remaining));
  }
  assert.deepEqual(left, [5, 4, 3, 2, 1, 0]);
  const before = await system.snapshot();
  const refused = await submit(one, 1);
  Client.refused(refused, 429, "rate-limited");
  const [, seconds] = /^"submissions";r=0;t=(\d+)$/.exec(refused.headers.get("ratelimit") ?? "") ?? [];
  assert.equal(refused.headers.get("retry-after"), seconds);
  assert.ok(Number(seconds) >= 1 && Number(seconds) <= 60);
  assert.deepEqual(
    (await system.snapshot()).objects.filter((name) => /original/.test(name)),
    before.objects.filter((name) => /original/.test(name)),
  );
  const read = await ask(one, "/v1/analyses");
  assert.equal(read.status, 200);
  assert.match(read.headers.get("ratelimit") ?? "", /^"reads";r=39;t=\d+$/);
  assert.equal((await submit(other)).status, 202);
});

test("a key may have a budget of its own, or none", async () => {
  const own = await make("c", { limits: { submissions: 1 } });
  const free = await make("c", { limits: { submissions: 0 } });
  assert.equal((await submit(own)).headers.get("ratelimit-policy"), '"submissions";q=1;w=60');
  Client.refused(await submit(own), 429, "rate-limited");
  for (let at = 0; at < 8; at += 1) {
    const answer = await submit(free);
    assert.deepEqual([answer.status, answer.headers.get("ratelimit")], [202, null]);
  }
});

test("without Redis reads go on uncounted, and a submission is refused for what it needs", async () => {
  const key = await make("d");
  const { id } = (await submit(key)).body;
  assert.equal((await clientOf(key).ended(id)).status, "completed");
  await system.redis.kill("SIGKILL");
  try {
    const read = await ask(key, `/v1/analyses/${id}`);
    assert.deepEqual([read.status, read.headers.get("ratelimit")], [200, null]);
    Client.refused(await submit(key), 503, "queue-unavailable");
  } finally {
    await system.redis.restart();
  }
});
