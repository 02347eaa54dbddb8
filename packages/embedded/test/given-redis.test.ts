import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { createServer } from "node:tls";
import { freePort } from "../src/free-port.js";
import { checkRedis, namesRedis } from "../src/given-redis.js";
import { repoRoot } from "../src/paths.js";
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

test("a foreign Redis that cannot be reached is told by what keeps it away", async (t) => {
  const tls = join(repoRoot, "test", "fixtures", "tls");
  const [cert, key] = ["cert.pem", "key.pem"].map((name) => readFileSync(join(tls, name)));
  const server = createServer({ ...(cert && { cert }), ...(key && { key }) }).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const faults = {
    [`redis://127.0.0.1:${await freePort()}`]: /does not answer: .*ECONNREFUSED/,
    "redis://redis.invalid": /does not answer: .*(ENOTFOUND|EAI_AGAIN)/,
    [`rediss://127.0.0.1:${port}`]: /does not answer: .*certificate/,
  };
  for (const [url, fault] of Object.entries(faults))
    await assert.rejects(checkRedis({ REDIS_URL: url }), fault);
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
