import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { startRedis } from "@osteon/embedded";
import {
  closeRedis,
  connectRedis,
  type Logger,
  loadConfig,
  Metrics,
  Queues,
  runProcessors,
} from "@osteon/shared";

test("a worker tells of each outage of Redis once, however often it tries to connect", async (t) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), "osteon-away-"));
  const redis = await startRedis({ dataDir: folder });
  const events = new EventEmitter<{ refused: []; done: [] }>();
  let refused = 0;
  const warn = ({ err }: { err: NodeJS.ErrnoException }) => {
    // What was on its way when Redis ended may break for another cause.
    if (err.code !== "ECONNREFUSED") return;
    refused += 1;
    events.emit("refused");
  };
  const metrics = new Metrics("test");
  const config = loadConfig({ REDIS_URL: redis.url });
  const context = { service: "test", config, logger: { warn } as unknown as Logger, metrics };
  const running = await runProcessors(context, {
    kinds: ["webhook"],
    processors: [
      {
        kind: "webhook",
        process: async () => {
          events.emit("done");
        },
        failed: async () => true,
      },
    ],
    concurrency: 1,
    closeResources: async () => metrics.close(),
  });
  t.after(async () => {
    await running.stop();
    await redis.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  for (const id of ["first", "second"]) {
    const noticed = once(events, "refused");
    await redis.kill();
    await noticed;
    await redis.restart();
    const done = once(events, "done");
    const connection = connectRedis(redis.url, "commands");
    const queues = new Queues(connection);
    await queues.add("webhook", { id, data: { v: 1, tenant: "default", event: id } });
    await done;
    await queues.close();
    await closeRedis(connection);
  }
  assert.equal(refused, 2);
});
