import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client } from "../support/client.js";
import { filmBytes, testFilms } from "../support/films.js";
import { startTestSystem, type TestSystem } from "../support/system.js";

const films = testFilms(1).map(({ file }) => ({ name: file, bytes: filmBytes(file) }));
let system: TestSystem;
before(async () => {
  // Nobody works the queue off.
  system = await startTestSystem({ counts: { "bodypart-worker": 0 }, env: { MAX_QUEUED: "5" } });
});
after(() => system?.stop());

test("a full queue is shed at the door; what was accepted stays, and reads keep working", async () => {
  const accepted = [];
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
  const until = Date.now() + 20_000;
  while ((await system.client.submit(films)).status !== 202) assert.ok(Date.now() < until, "no room came");
});
