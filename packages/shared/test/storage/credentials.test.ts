import assert from "node:assert/strict";
import { test } from "node:test";
import { loadConfig, openStore } from "../../src/index.js";

const presigned = async (env: Record<string, string>) => {
  const store = await openStore(
    loadConfig({
      S3_BUCKET: "films",
      AWS_ACCESS_KEY_ID: "AKIAOSTEON",
      AWS_SECRET_ACCESS_KEY: "not-a-real-one",
      ...env,
    }),
  );
  const address = await store.presignPut("a", { contentType: "image/png", bytes: 1, seconds: 60 });
  return new URL(address?.url ?? assert.fail()).searchParams.get("X-Amz-Security-Token");
};

test("temporary credentials sign with their token, others with none", async () => {
  assert.equal(await presigned({ AWS_SESSION_TOKEN: "for-an-hour" }), "for-an-hour");
  assert.equal(await presigned({}), null);
});
