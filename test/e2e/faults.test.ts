import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { filmBytes, testFilms } from "../support/films.js";
import { Receiver } from "../support/receiver.js";
import { startTestSystem, type TestSystem, webhookSecret } from "../support/system.js";

const films = testFilms(50).map(({ file }) => ({ name: file, bytes: filmBytes(file) }));

let system: TestSystem;
let receiver: Receiver;
before(async () => {
  receiver = await Receiver.start(webhookSecret);
  system = await startTestSystem({ env: { JOB_LOCK_MS: "2000", RECONCILE_SECONDS: "2" } });
});
after(async () => {
  await system?.stop();
  await receiver?.stop();
});

/** Submits the films, lets `fault` happen in the middle, and checks that each has one end and one webhook id. */
async function survives(fault: () => Promise<void>): Promise<void> {
  const already = receiver.deliveries.length;
  const answers = await Promise.all(
    films.map((film) => system.client.submit([film], { callbackUrl: receiver.url })),
  );
  assert.deepEqual(new Set(answers.map((each) => each.status)), new Set([202]));
  const ids = answers.map((each) => each.body.id);
  assert.ok((await system.pending()) > 0, "the fault comes in the middle");
  await fault();
  const ends = await Promise.all(ids.map((id) => system.client.ended(id, 120)));
  assert.deepEqual(new Set(ends.map((each) => each.status)), new Set(["completed"]));
  await receiver.accepted(ids);
  const idsByAnalysis = new Map<string, Set<string>>();
  for (const { id, event } of receiver.deliveries.slice(already)) {
    idsByAnalysis.set(event.data.id, (idsByAnalysis.get(event.data.id) ?? new Set()).add(id));
  }
  assert.deepEqual(new Set(idsByAnalysis.keys()), new Set(ids));
  for (const [id, names] of idsByAnalysis) assert.equal(names.size, 1, `${id} has one webhook id`);
  for (const end of ends) {
    const [delivered] = receiver.deliveries.filter((each) => each.event.data.id === end.id);
    assert.deepEqual(delivered?.event.data, end, "what was delivered is what is shown");
  }
  await system.settled();
}

describe("50 queued films survive", () => {
  test("kill -9 of the body-part worker", () => survives(() => system.kill("bodypart-worker")));
  test("kill -9 of the fracture worker", () => survives(() => system.kill("fracture-worker")));
  test("kill -9 of the webhook worker", () => survives(() => system.kill("webhook-worker")));
  test("kill -9 of the gateway", () =>
    survives(async () => {
      await system.kill("gateway");
      await system.running.named("gateway")[0]?.untilReady();
    }));
  test("kill -9 of Redis", () =>
    survives(async () => {
      await system.redis.kill("SIGKILL");
      await system.redis.restart();
    }));
  test("Redis wiped", () => survives(() => system.wipeRedis()));
});
