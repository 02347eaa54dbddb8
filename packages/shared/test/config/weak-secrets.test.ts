import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { loadConfig } from "../../src/index.js";

const webhookSecret = (bytes: Buffer) => `whsec_${bytes.toString("base64")}`;
const strong = () => randomBytes(24).toString("hex");

test("weak secrets are refused where the service is reachable from elsewhere, by name and never by value", () => {
  const weak = {
    REDIS_URL: `redis://:${strong()}@one:6379,redis://:change-me@two:6379`,
    REDIS_SENTINEL_PASSWORD: "password",
    AWS_SECRET_ACCESS_KEY: "minioadmin",
    WEBHOOK_SECRET: webhookSecret(Buffer.alloc(32)),
    WEBHOOK_MASTER_SECRET: "change-me-change-me-change-me-change-me",
  };
  for (const [name, value] of Object.entries(weak)) {
    const env = { [name]: value, REDIS_CLUSTER: "on" };
    assert.throws(
      () => loadConfig({ ...env, HOST: "0.0.0.0" }),
      (error: Error) => error.message.includes(name) && !error.message.includes(value),
      name,
    );
    loadConfig(env);
    loadConfig({ ...env, HOST: "::1" });
  }
});

test("secrets made at random are taken, and a Redis without a password is no secret's matter", () => {
  for (let round = 0; round < 500; round += 1) {
    loadConfig({
      HOST: "0.0.0.0",
      REDIS_URL: `redis://:${strong()}@valkey:6379`,
      AWS_SECRET_ACCESS_KEY: strong(),
      WEBHOOK_SECRET: [1, 2].map(() => webhookSecret(randomBytes(32))).join(","),
      WEBHOOK_MASTER_SECRET: randomBytes(32).toString("base64url"),
    });
  }
  loadConfig({ HOST: "0.0.0.0", REDIS_URL: "rediss://redis.example:6379" });
});

test("of several secrets that sign, each must be strong", () => {
  const secrets = [webhookSecret(randomBytes(32)), webhookSecret(Buffer.alloc(32, 1))].join(",");
  assert.throws(() => loadConfig({ HOST: "::", WEBHOOK_SECRET: secrets }), /WEBHOOK_SECRET/);
});
