import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, type TestContext, test } from "node:test";
import { monitoring } from "@osteon/bench/monitoring";
import { type Analysis, closeRedis } from "@osteon/shared";
import { Redis } from "ioredis";
import { Client } from "../support/client.js";
import { filmBytes, testFilms } from "../support/films.js";
import { startTestSystem, type TestSystem } from "../support/system.js";

const hand = filmBytes(testFilms(1, "hand")[0]?.file ?? "");
let system: TestSystem;
let client: Client;
let redis: Redis;
before(async () => {
  // Films stay where they are: what happens to them, the tests do. The reconciler's looks would be counted among the waiters'.
  system = await startTestSystem({ counts: { "bodypart-worker": 0 }, env: { RECONCILE_SECONDS: "3600" } });
  client = system.client;
  redis = new Redis(system.running.redisUrl);
});
after(async () => {
  await closeRedis(redis);
  await system?.stop();
});

const submit = async (reference = "") => {
  const { status, body } = await client.submit([{ name: "x.jpg", bytes: hand }], { reference });
  assert.equal(status, 202);
  return body.id;
};
const cancel = (id: string) => client.request<Analysis>(`/v1/analyses/${id}/cancel`, { method: "POST" });

/** Counts the commands that touch a key, and tells of all others. */
async function watch(t: TestContext, key: string) {
  const monitor = await monitoring(redis);
  t.after(() => monitor.disconnect());
  const seen = { touched: 0, monitor };
  monitor.on("monitor", (_time: string, args: string[]) => {
    if (args.some((each) => each.includes(key))) seen.touched += 1;
  });
  return seen;
}

test("1,000 who wait on one gateway ask once, and once more at the end", async (t) => {
  const id = await submit();
  const seen = await watch(t, `live:${id}`);
  const waiting = Array.from({ length: 1_000 }, () => client.get(id, 60));
  while (seen.touched < 1_000) await once(seen.monitor, "monitor");
  // While the gateway goes on with what it does every second, nobody asks for the analysis.
  for (let samples = 0; samples < 3; ) {
    const [, args] = (await once(seen.monitor, "monitor")) as [string, string[]];
    if (args.includes("{osteon}:ended")) samples += 1;
  }
  assert.equal(seen.touched, 1_000);
  assert.equal((await cancel(id)).body.status, "cancelled");
  const answers = await Promise.all(waiting);
  assert.deepEqual(new Set(answers.map(({ body }) => body.status)), new Set(["cancelled"]));
  assert.ok(seen.touched <= 2_020, `${seen.touched} commands`);
});

describe("events", () => {
  /** Reads a stream until `enough` says so or it ends. */
  async function read(id: string, last?: string, enough = (_text: string) => false): Promise<string> {
    const leave = new AbortController();
    const answer = await fetch(`${client.url}/v1/analyses/${id}/events`, {
      signal: leave.signal,
      ...(last === undefined ? {} : { headers: { "last-event-id": last } }),
    });
    assert.ok(answer.body);
    let text = "";
    for await (const chunk of answer.body) {
      text += Buffer.from(chunk).toString();
      if (enough(text)) break;
    }
    leave.abort();
    return text;
  }
  const ids = (text: string) => [...text.matchAll(/^id: (.+)$/gm)].map((match) => match[1] ?? "");

  test("come again from Last-Event-ID on: nothing twice, nothing missed", async () => {
    const id = await submit();
    const [queued] = ids(await read(id, undefined, (text) => text.includes("\n\n")));
    assert.ok(queued);
    await cancel(id);
    const rest = await read(id, queued);
    assert.deepEqual(
      [...rest.matchAll(/^event: (.+)$/gm)].map((match) => match[1]),
      ["cancelled"],
    );
    const all = await fetch(`${client.url}/v1/analyses/${id}/events`, {
      headers: { "last-event-id": ids(rest)[0] ?? "" },
    });
    assert.deepEqual([all.status, await all.text()], [204, ""]);
    assert.deepEqual(ids(await read(id, "made up")), ids(rest));
  });

  test("beat while nothing happens", async () => {
    const id = await submit();
    assert.match(await read(id, undefined, (text) => text.includes(": alive")), /^: alive$/m);
    await cancel(id);
  });
});

test("a list keeps its order from page to page while new analyses come", async () => {
  const ids: string[] = [];
  for (let at = 0; at < 9; at += 1) ids.unshift(await submit("paged"));
  type Page = { data: Analysis[]; nextCursor?: string };
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const query = cursor === undefined ? "" : `&cursor=${cursor}`;
    const { body } = await client.request<Page>(`/v1/analyses?limit=2&reference=paged&status=queued${query}`);
    found.push(...body.data.map((each) => each.id));
    cursor = body.nextCursor;
    await submit("paged");
  } while (cursor !== undefined);
  assert.deepEqual(found, ids);
});

describe("cancelling", () => {
  test("what waits takes it out of the queue; what has ended is refused; again is the same", async () => {
    const id = await submit();
    for (let time = 0; time < 2; time += 1) {
      const { status, body } = await cancel(id);
      assert.deepEqual([status, body.status], [200, "cancelled"]);
    }
    const jobs = await redis.keys(`*${id}-0-*`);
    assert.deepEqual(jobs, []);
    Client.refused(await cancel("01970000-0000-7000-8000-000000000000"), 404, "analysis-not-found");
  });

  test("what was wiped from Redis holds all the same, and erasing leaves nothing of it", async () => {
    const id = await submit();
    await system.wipeRedis();
    assert.equal((await cancel(id)).body.status, "cancelled");
    assert.equal((await client.get(id)).body.status, "cancelled");
    assert.equal((await client.request(`/v1/analyses/${id}`, { method: "DELETE" })).status, 204);
    Client.refused(await client.get(id), 404, "analysis-not-found");
  });
});
