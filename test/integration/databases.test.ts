import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { type TestContext, test } from "node:test";
import {
  Changes,
  closeRedis,
  connectRedis,
  createLogger,
  LiveState,
  loadConfig,
  Metrics,
  ModelReloads,
  offerModels,
} from "@osteon/shared";
import { ownRedis } from "../support/backbone.js";

const server = ownRedis();

/** What an Osteon in a database of the server listens with. */
async function osteonIn(t: TestContext, database: number) {
  const config = loadConfig({ REDIS_URL: `${server.url}/${database}`, LOG_LEVEL: "silent" });
  const [redis, subscriber] = [connectRedis(config, "commands"), connectRedis(config, "blocking")];
  const reloads = new ModelReloads(redis, subscriber);
  await reloads.start();
  const changes = new Changes(subscriber);
  await changes.start();
  const metrics = new Metrics("worker");
  metrics.close();
  const context = { service: "worker", config, logger: createLogger("worker", config), metrics };
  const offer = await offerModels(context, redis, { offered: () => [], reload: async () => [] });
  t.after(async () => {
    await offer.end();
    await closeRedis(subscriber);
    await closeRedis(redis);
  });
  return { reloads, changes, live: new LiveState(redis) };
}

test("Osteons in two databases of one Redis answer their own calls to reload alone", async (t) => {
  const osteons = [await osteonIn(t, 0), await osteonIn(t, 1)];
  for (const { reloads } of osteons) assert.equal((await reloads.reload(60_000)).length, 1);
});

test("Osteons in two databases of one Redis hear their own changes alone", async (t) => {
  const osteons = [await osteonIn(t, 0), await osteonIn(t, 1)];
  const heard = osteons.map(() => new Set<string | undefined>());
  const told = new EventEmitter();
  for (const [database, { changes }] of osteons.entries())
    changes.listenToAll((id) => {
      heard[database]?.add(id);
      if (id === `last-of-${database}`) told.emit(id);
    });
  const last = osteons.map((_, database) => once(told, `last-of-${database}`));
  // In this order, so that each one's last comes after what it is not to hear.
  for (const name of ["first", "last"])
    for (const [database, { live }] of osteons.entries()) await live.forget(`${name}-of-${database}`);
  await Promise.all(last);
  for (const [database, ids] of heard.entries())
    assert.deepEqual([...ids], [`first-of-${database}`, `last-of-${database}`]);
});
