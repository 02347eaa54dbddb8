import assert from "node:assert/strict";
import { test } from "node:test";
import { keysBeyondLoopback, loadConfig, ProblemError } from "../../src/index.js";

test("defaults stand where nothing is set, and empty counts as unset", () => {
  const config = loadConfig({ PORT: "" });
  assert.equal(config.HOST, "127.0.0.1");
  assert.equal(config.PORT, 8080);
  assert.equal(config.DATA_DIR, ".osteon");
  assert.equal(config.S3_BUCKET, undefined);
  assert.equal(config.HEALTH_PORT, undefined);
  assert.equal(config.INFERENCE_THREADS, undefined);
});

test("numbers are read from text", () => {
  assert.equal(loadConfig({ PORT: "0", INFERENCE_THREADS: "3" }).INFERENCE_THREADS, 3);
});

test("what is no whole number in decimal digits is refused, not made one", () => {
  for (const [name, text] of [
    ["INFERENCE_THREADS", "1.5"],
    ["INFERENCE_THREADS", "true"],
    ["RETENTION_DAYS", "true"],
    ["MAX_FILMS", "0x10"],
    ["MAX_FILMS", "1e1"],
    ["PORT", " 80"],
    ["PORT", "-0.5"],
  ] as const)
    assert.throws(() => loadConfig({ [name]: text }), new RegExp(name), `${name}=${text}`);
});

test("a choice is one of its words", () => {
  for (const [name, word, words] of [
    ["AUTH", "true", "off, keys"],
    ["AUTH", "Keys", "off, keys"],
    ["REDIS_CLUSTER", "1", "off, on"],
    ["INFERENCE_PRECISION", "int4", "fp32, int8"],
  ] as const)
    assert.throws(() => loadConfig({ [name]: word }), {
      code: "config-invalid",
      detail: `${name} must be one of ${words}`,
    });
});

test("every fault is listed at once, and no value is shown", () => {
  assert.throws(
    () =>
      loadConfig({ PORT: "70000", LOG_LEVEL: "loud", WEBHOOK_SECRET: "hunter2", S3_ENDPOINT: "http://s3" }),
    (error) => {
      assert.ok(error instanceof ProblemError);
      assert.equal(error.code, "config-invalid");
      for (const name of ["PORT", "LOG_LEVEL", "WEBHOOK_SECRET", "S3_BUCKET"])
        assert.match(error.detail, new RegExp(name));
      assert.doesNotMatch(error.detail, /hunter2/);
      return true;
    },
  );
});

test("what no schema can tell is listed beside what it can", () => {
  const faults = (env: NodeJS.ProcessEnv) => {
    try {
      loadConfig(env, keysBeyondLoopback);
    } catch (error) {
      return (error as ProblemError).detail.split("\n").map((line) => line.split(" ")[0]);
    }
    return [];
  };
  assert.deepEqual(faults({ HOST: "0.0.0.0", AUTH: "off", WEBHOOK_ALLOW: "x" }), ["WEBHOOK_ALLOW", "HOST"]);
  assert.deepEqual(faults({ REDIS_URL: "redis://:pa%ss@valkey:6379" }), ["REDIS_URL"]);
  assert.deepEqual(faults({ REDIS_URL: "redis://valkey/first", REDIS_SENTINELS: "host:99999" }), [
    "REDIS_URL",
    "REDIS_SENTINELS",
  ]);
  assert.deepEqual(
    faults({ REDIS_URL: "rediss://user:p%25s@valkey/1,redis://[::1]:7000/", REDIS_CLUSTER: "on" }),
    [],
  );
  assert.deepEqual(faults({ REDIS_URL: "redis://a:1,redis://b:2" }), ["REDIS_URL"]);
  assert.deepEqual(faults({ REDIS_URL: "redis://a:1,redis://b:2", REDIS_CLUSTER: "on" }), []);
  assert.deepEqual(faults({ REDIS_CLUSTER: "on", REDIS_SENTINELS: "a:26379" }), ["REDIS_CLUSTER"]);
  // A timer that is too long for Node is over at once.
  assert.deepEqual(faults({ RECONCILE_SECONDS: "9999999", WEBHOOK_TIMEOUT_SECONDS: "99999999" }).sort(), [
    "RECONCILE_SECONDS",
    "WEBHOOK_TIMEOUT_SECONDS",
  ]);
  const weak = {
    HOST: "0.0.0.0",
    AUTH: "keys",
    AWS_SECRET_ACCESS_KEY: "minioadmin",
    WEBHOOK_SECRET: "short",
  };
  assert.deepEqual(faults({ ...weak, LOG_LEVEL: "loud" }).sort(), [
    "AWS_SECRET_ACCESS_KEY",
    "LOG_LEVEL",
    "WEBHOOK_SECRET",
  ]);
});
