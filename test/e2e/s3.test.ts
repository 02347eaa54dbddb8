import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { type RunningS3, startS3 } from "@osteon/embedded";
import { filmBytes, testFilms } from "../support/films.js";
import { startTestSystem, type TestSystem } from "../support/system.js";

let folder: string;
let server: RunningS3;
let system: TestSystem;
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "osteon-s3-"));
  server = await startS3({ dir: folder });
  await server.createBucket("films");
  system = await startTestSystem({
    env: {
      S3_ENDPOINT: server.endpoint,
      S3_BUCKET: "films",
      S3_REGION: server.region,
      AWS_ACCESS_KEY_ID: server.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
      JOB_LOCK_MS: "2000",
      RECONCILE_SECONDS: "2",
    },
  });
});
after(async () => {
  await system?.stop();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Waits until there is nothing in the folder; what follows an end may take a moment longer than the end. */
async function emptied(pending: string): Promise<void> {
  const until = Date.now() + 10_000;
  while ((await readdir(pending).catch(() => [])).length > 0) assert.ok(Date.now() < until, "a marker stays");
}

const films = testFilms(8).map(({ file }) => ({ name: file, bytes: filmBytes(file) }));

test("the whole way through a real S3 server, several films to an analysis", async () => {
  const { body } = await system.client.submit(films.slice(0, 3));
  const analysis = await system.client.ended(body.id);
  assert.equal(analysis.status, "completed");
  const image = await fetch(`${system.client.url}/v1/analyses/${body.id}/films/2/image.png`);
  assert.equal(image.headers.get("content-type"), "image/png");
  assert.ok((await image.arrayBuffer()).byteLength > 1000);
  await emptied(path.join(folder, "films", "pending"));
});

test("an S3 server that went away in the middle costs no film", async () => {
  const answers = await Promise.all(films.map((film) => system.client.submit([film])));
  await server.kill();
  const refused = await system.client.submit(films.slice(0, 1));
  assert.equal(refused.status, 503);
  assert.ok(Number(refused.headers.get("retry-after")) > 0);
  await server.restart();
  for (const { body } of answers) assert.equal((await system.client.ended(body.id)).status, "completed");
});
