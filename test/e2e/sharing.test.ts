import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { filmBytes, testFilms } from "../support/films.js";
import { startTestSystem, type TestSystem } from "../support/system.js";

let system: TestSystem;
before(async () => {
  system = await startTestSystem({
    counts: { gateway: 1, "bodypart-worker": 2, "fracture-worker": 2, "webhook-worker": 1 },
    env: { HEALTH_PORT: "0", INFERENCE_THREADS: "1", BODYPART_CONCURRENCY: "2", FRACTURE_CONCURRENCY: "2" },
  });
});
after(() => system?.stop());

test("two body-part workers and two fracture workers share the load", async () => {
  const films = testFilms(60).map(({ file }) => ({ name: file, bytes: filmBytes(file) }));
  const ids = await Promise.all(films.map(async (film) => (await system.client.submit([film])).body.id));
  await Promise.all(ids.map((id) => system.client.ended(id)));
  for (const service of ["bodypart-worker", "fracture-worker"] as const) {
    const done = await Promise.all(system.workers(service).map((worker) => worker.jobsDone()));
    assert.equal(done.length, 2);
    for (const count of done) assert.ok(count > 0, `${service}: ${done.join(" and ")} jobs`);
    assert.ok(done.reduce((a, b) => a + b, 0) >= films.length * 0.9);
  }
});
