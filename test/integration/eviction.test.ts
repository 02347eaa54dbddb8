import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { closeRedis, connectRedis } from "@osteon/shared";
import { ownRedis } from "../support/backbone.js";

const main = fileURLToPath(new URL("../../../services/gateway/dist/src/main.js", import.meta.url));
const server = ownRedis();

interface Line {
  level: string;
  msg: string;
  policy?: string;
}

for (const policy of ["allkeys-lru", "noeviction"])
  test(`a gateway whose Redis has the policy ${policy} ${policy === "noeviction" ? "has nothing to tell" : "tells it"}`, {
    timeout: 60_000,
  }, async (t) => {
    const redis = connectRedis(server.url, "commands");
    await redis.config("SET", "maxmemory-policy", policy);
    await closeRedis(redis);
    const { NODE_TEST_CONTEXT: _, ...inherited } = process.env;
    const gateway = fork(main, {
      env: { ...inherited, PORT: "0", REDIS_URL: server.url, DATA_DIR: await server.newFolder() },
      stdio: ["ignore", "pipe", "ignore", "ipc"],
    });
    t.after(() => gateway.kill("SIGKILL"));
    assert.ok(gateway.stdout);
    const warnings: Line[] = [];
    let ready = false;
    for await (const text of createInterface({ input: gateway.stdout })) {
      const line = JSON.parse(text) as Line;
      ready = line.msg === "ready";
      if (ready) break;
      if (line.level === "warn") warnings.push(line);
    }
    assert.ok(ready);
    assert.deepEqual(
      warnings.map((line) => line.policy),
      policy === "noeviction" ? [] : [policy],
    );
    for (const { msg } of warnings) assert.match(msg, /maxmemory-policy to noeviction/);
  });
