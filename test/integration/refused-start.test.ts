import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { fractureManifest, temporaryFolder, writeBundle } from "@osteon/inference/testing";
import { ownRedis } from "../support/backbone.js";

const server = ownRedis();

/** Starts a service that must refuse to, so that its supervisor does not try again. @returns what it says */
async function refusal(t: TestContext, service: string, given: NodeJS.ProcessEnv): Promise<string> {
  const main = fileURLToPath(new URL(`../../../services/${service}/dist/src/main.js`, import.meta.url));
  const { NODE_TEST_CONTEXT: _, ...inherited } = process.env;
  // Nothing is there of what it would connect to: it must not come so far.
  const env = { ...inherited, REDIS_URL: "redis://127.0.0.1:1", ...given };
  const child = fork(main, { env, stdio: ["ignore", "ignore", "pipe", "ipc"] });
  t.after(() => child.kill("SIGKILL"));
  const told = child.stderr?.setEncoding("utf8").toArray();
  const [code] = await once(child, "exit");
  const text = ((await told) ?? []).join("");
  assert.equal(code, 78, text);
  return text;
}

for (const host of ["0.0.0.0", "::", "192.0.2.1"]) {
  test(`a gateway without keys that is to listen on ${host} refuses to start`, {
    timeout: 60_000,
  }, async (t) => {
    const told = await refusal(t, "gateway", { HOST: host, AUTH: "off", PORT: "0" });
    assert.match(told, /^gateway: .*loopback/m);
  });
}

test("a worker refuses to start on operating points that are wrong for a bundle of another task", {
  timeout: 60_000,
}, async (t) => {
  const folder = await temporaryFolder(t);
  await writeBundle(folder, fractureManifest("hand"));
  await writeFile(join(folder, "operating-points.json"), '{"thresholds": {"hand": {"sensitive": 0.9}}}');
  const told = await refusal(t, "bodypart-worker", { MODELS_DIR: folder });
  assert.match(told, /^bodypart-worker: config-invalid: OPERATING_POINTS \/thresholds\/hand /m);
});

test("a worker whose folder of models is not there refuses to start, and names the variable", {
  timeout: 60_000,
}, async (t) => {
  const folder = join(await temporaryFolder(t), "none");
  const told = await refusal(t, "bodypart-worker", { MODELS_DIR: folder });
  assert.match(told, /^bodypart-worker: config-invalid: MODELS_DIR cannot be read \(ENOENT\)$/m);
});

for (const service of ["gateway", "webhook-worker"])
  test(`a ${service} whose Redis lacks the database that it is to use refuses to start`, {
    timeout: 60_000,
  }, async (t) => {
    const given = { REDIS_URL: `${server.url}/99`, DATA_DIR: await temporaryFolder(t), PORT: "0" };
    const told = await refusal(t, service, given);
    assert.match(told, /config-invalid: REDIS_URL names database 99, which Redis does not give/);
  });
