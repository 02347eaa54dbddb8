import assert from "node:assert/strict";
import { test } from "node:test";
import { ensureRedisServer, isRecent } from "../src/redis-program.js";
import { StartError } from "../src/start-error.js";
import { temporary } from "./support/temporary.js";

test("servers that BullMQ does not recommend are passed over", () => {
  assert.ok(isRecent("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64"));
  assert.ok(isRecent("Valkey server v=9.1.2 sha=00000000:1"));
  assert.ok(isRecent("Redis server v=6.2.0"));
  assert.ok(!isRecent("Redis server v=6.0.16 sha=00000000:0"));
  assert.ok(!isRecent("Redis server v=5.0.14"));
  assert.ok(!isRecent("command not found"));
});

test("without any way to get a server, the ways are named", async (t) => {
  await assert.rejects(
    ensureRedisServer({ cache: temporary(t), env: { PATH: temporary(t) } }),
    (error) =>
      error instanceof StartError &&
      ["REDIS_URL", "apt install", "pip"].every((way) => error.message.includes(way)),
  );
});
