import assert from "node:assert/strict";
import { test } from "node:test";
import { loadConfig, ProblemError } from "../../src/index.js";

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
