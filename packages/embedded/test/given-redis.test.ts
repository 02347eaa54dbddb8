import assert from "node:assert/strict";
import { test } from "node:test";
import { freePort } from "../src/free-port.js";
import { checkRedis, namesRedis } from "../src/given-redis.js";
import { startRedis } from "../src/redis.js";
import { StartError } from "../src/start-error.js";
import { temporary } from "./support/temporary.js";

test("a foreign Redis is checked", async (t) => {
  const redis = await startRedis({ dataDir: temporary(t) });
  t.after(() => redis.stop());
  await checkRedis({ REDIS_URL: redis.url });
  const url = `redis://:secret@127.0.0.1:${await freePort()}`;
  await assert.rejects(
    checkRedis({ REDIS_URL: url }),
    (error) =>
      error instanceof StartError && /does not answer/.test(error.message) && !/secret/.test(error.message),
  );
});

test("a foreign Redis without the database that is asked for is refused", async (t) => {
  const redis = await startRedis({ dataDir: temporary(t) });
  t.after(() => redis.stop());
  await checkRedis({ REDIS_URL: `${redis.url}/15` });
  await assert.rejects(
    checkRedis({ REDIS_URL: `${redis.url}/99` }),
    (error) => error instanceof StartError && /cannot be used: .*database 99/.test(error.message),
  );
});

test("sentinels and a cluster name a Redis without a REDIS_URL", () => {
  assert.ok(!namesRedis({ REDIS_CLUSTER: "off", REDIS_SENTINELS: "", REDIS_URL: "" }));
  assert.ok(namesRedis({ REDIS_URL: "redis://127.0.0.1" }));
  assert.ok(namesRedis({ REDIS_SENTINELS: "127.0.0.1:26379" }));
  assert.ok(namesRedis({ REDIS_CLUSTER: "on" }));
});
