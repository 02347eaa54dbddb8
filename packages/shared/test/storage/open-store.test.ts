import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { loadConfig, openStore } from "../../src/index.js";

const bucket = { S3_BUCKET: "films", AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" };

test("a store that can never be is refused by the name of the variable that is wrong", async () => {
  for (const [name, env] of [
    ["DATA_DIR", { DATA_DIR: process.execPath }],
    ["S3_CA_FILE", { ...bucket, S3_CA_FILE: `${process.execPath}/none.pem` }],
  ] as const)
    await assert.rejects(openStore(loadConfig(env)), {
      code: "config-invalid",
      detail: new RegExp(`^${name} `),
    });
});

test("on the oldest Node that is promised a store of S3 prints nothing of its library's", async () => {
  const shared = JSON.stringify(new URL("../../src/index.js", import.meta.url).href);
  const script = `
    import { loadConfig, openStore } from ${shared};
    Object.defineProperty(process, "version", { value: "v20.19.0" });
    await openStore(loadConfig(process.env));`;
  const args = ["--input-type=module", "--eval", script];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env: bucket });
  assert.deepEqual([stdout, stderr], ["", ""]);
});
