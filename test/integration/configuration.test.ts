import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { root } from "../support/tools.js";

/** How a service ends that is started with a configuration, and what it says. */
async function startOf(service: string, env: NodeJS.ProcessEnv): Promise<{ code: unknown; said: string }> {
  const main = path.join(root, "services", service, "dist/src/main.js");
  const child = spawn(process.execPath, [main], { env, stdio: ["ignore", "ignore", "pipe"] });
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
  return { code, said };
}

test("a service lists every fault of its configuration at once, and only the gateway asks for keys beyond loopback", async () => {
  const env = { HOST: "0.0.0.0", WEBHOOK_ALLOW: "10.0.0.0/", INFERENCE_THREADS: "1.5", LOG_LEVEL: "loud" };
  for (const [service, names] of [
    ["gateway", ["INFERENCE_THREADS", "LOG_LEVEL", "WEBHOOK_ALLOW", "HOST"]],
    ["webhook-worker", ["INFERENCE_THREADS", "LOG_LEVEL", "WEBHOOK_ALLOW"]],
  ] as const) {
    const { code, said } = await startOf(service, env);
    assert.equal(code, 78, said);
    const lines = said
      .replace(/^.*config-invalid: /, "")
      .trimEnd()
      .split("\n");
    assert.deepEqual(lines.map((line) => line.split(" ")[0]).sort(), [...names].sort());
  }
});
