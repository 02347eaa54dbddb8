import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../../services/gateway/dist/src/main.js", import.meta.url));

for (const host of ["0.0.0.0", "::", "192.0.2.1"]) {
  test(`a gateway without keys that is to listen on ${host} refuses to start`, {
    timeout: 60_000,
  }, async (t) => {
    const { NODE_TEST_CONTEXT: _, ...inherited } = process.env;
    // Nothing is there of what it would connect to: it must not come so far.
    const env = { ...inherited, HOST: host, AUTH: "off", PORT: "0", REDIS_URL: "redis://127.0.0.1:1" };
    const gateway = fork(main, { env, stdio: ["ignore", "ignore", "pipe", "ipc"] });
    t.after(() => gateway.kill("SIGKILL"));
    const told = gateway.stderr?.setEncoding("utf8").toArray();
    const [code] = await once(gateway, "exit");
    assert.equal(code, 78, "so that its supervisor does not try again");
    assert.match(((await told) ?? []).join(""), /^gateway: .*loopback/m);
  });
}
