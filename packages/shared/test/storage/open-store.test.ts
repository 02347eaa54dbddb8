import assert from "node:assert/strict";
import { test } from "node:test";
import { loadConfig, openStore } from "../../src/index.js";

test("a store that can never be is refused by the name of the variable that is wrong", async () => {
  const bucket = { S3_BUCKET: "films", AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" };
  for (const [name, env] of [
    ["DATA_DIR", { DATA_DIR: process.execPath }],
    ["S3_CA_FILE", { ...bucket, S3_CA_FILE: `${process.execPath}/none.pem` }],
  ] as const)
    await assert.rejects(openStore(loadConfig(env)), {
      code: "config-invalid",
      detail: new RegExp(`^${name} `),
    });
});
