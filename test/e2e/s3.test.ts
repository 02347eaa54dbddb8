import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { Bucket } from "../support/bucket.js";
import { filmBytes, testFilms } from "../support/films.js";
import { startTestSystem, type TestSystem } from "../support/system.js";
import { until } from "../support/until.js";

let bucket: Bucket;
let system: TestSystem;
before(async () => {
  bucket = await Bucket.start();
  system = await startTestSystem({
    env: {
      ...bucket.env,
      JOB_LOCK_MS: "2000",
      RECONCILE_SECONDS: "2",
    },
  });
});
after(async () => {
  await system?.stop();
  await bucket?.stop();
});

/** Waits until there is nothing in the folder; what follows an end may take a moment longer than the end. */
async function emptied(pending: string): Promise<void> {
  await until("no marker stays", 10, async () => (await readdir(pending).catch(() => [])).length === 0);
}

const films = testFilms(8).map(({ file }) => ({ name: file, bytes: filmBytes(file) }));

test("the whole way through a real S3 server, several films to an analysis", async () => {
  const { body } = await system.client.submit(films.slice(0, 3));
  const analysis = await system.client.ended(body.id);
  assert.equal(analysis.status, "completed");
  const image = await fetch(`${system.client.url}/v1/analyses/${body.id}/films/2/image.png`);
  assert.equal(image.headers.get("content-type"), "image/png");
  assert.ok((await image.arrayBuffer()).byteLength > 1000);
  await emptied(path.join(bucket.folder, "films", "pending"));
});

test("an S3 server that went away in the middle costs no film", async () => {
  // Held meanwhile, so that not all has ended before it goes away.
  const answers = await system.paused("bodypart-worker", async () => {
    const submitted = await Promise.all(films.map((film) => system.client.submit([film])));
    const markers = await readdir(path.join(bucket.folder, "films", "pending"));
    assert.equal(markers.length, films.length, "each is pending");
    return submitted;
  });
  await bucket.server.kill();
  const refused = await system.client.submit(films.slice(0, 1));
  assert.equal(refused.status, 503);
  assert.ok(Number(refused.headers.get("retry-after")) > 0);
  await bucket.server.restart();
  for (const { body } of answers) assert.equal((await system.client.ended(body.id)).status, "completed");
});
