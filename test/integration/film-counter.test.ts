import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { startRedis } from "@osteon/embedded";
import { LiveState, loadConfig, Metrics, openBackbone, ProblemError } from "@osteon/shared";
import { accept, requestOf, resultOf } from "../support/requests.js";

test("a film is counted once, by whoever wrote its analysis's end, though what follows that is broken off", async (t) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), "osteon-own-"));
  const server = await startRedis({ dataDir: folder });
  const metrics = new Metrics("test");
  const { analyses, close } = await openBackbone(loadConfig({ DATA_DIR: folder, REDIS_URL: server.url }), {
    metrics,
  });
  t.after(async () => {
    await close();
    metrics.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const counted = async () => {
    const { values } = await metrics.films.get();
    return Object.fromEntries(values.map(({ labels, value }) => [labels.outcome, value]));
  };
  const none = await counted();
  const one = await accept(analyses, requestOf(2));
  await analyses.filmEnded(one, resultOf(one, 0));
  assert.deepEqual(await counted(), none);
  const end = t.mock.method(LiveState.prototype, "end", async () => {
    throw new ProblemError("queue-unavailable");
  });
  await assert.rejects(analyses.filmFailed(one, 1, new ProblemError("film-damaged")), {
    code: "queue-unavailable",
  });
  end.mock.restore();
  await analyses.filmFailed(one, 1, new ProblemError("film-damaged"));
  assert.equal((await analyses.get(one))?.status, "failed");
  assert.deepEqual(await counted(), { ...none, "not-identified": 1, failed: 1 });
});
