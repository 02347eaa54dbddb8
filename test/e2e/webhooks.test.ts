import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { filmBytes, testFilms } from "../support/films.js";
import { Receiver } from "../support/receiver.js";
import { startTestSystem, type TestSystem, webhookSecret } from "../support/system.js";

const [film] = testFilms(1, "leg").map(({ file }) => ({ name: file, bytes: filmBytes(file) }));
let system: TestSystem;
before(async () => {
  system = await startTestSystem();
});
after(() => system?.stop());

test("a signed delivery carries the analysis, and a failed one comes again under the same id", async () => {
  const receiver = await Receiver.start(webhookSecret);
  try {
    receiver.answer = (delivery) => (delivery === 0 ? 500 : 204);
    assert.ok(film);
    const { body } = await system.client.submit([film], { callbackUrl: receiver.url });
    const analysis = await system.client.ended(body.id);
    await receiver.accepted([body.id]);
    const [first, second] = receiver.deliveries;
    assert.deepEqual([first?.answered, second?.answered], [500, 204]);
    assert.equal(first?.id, second?.id);
    assert.deepEqual(second?.event, {
      type: "analysis.completed",
      timestamp: analysis.completedAt,
      data: analysis,
    });
    await system.settled();
  } finally {
    await receiver.stop();
  }
});
