import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { repoRoot } from "@osteon/shared/command-line";

const main = fileURLToPath(new URL("../src/main.js", import.meta.url));

/** `webhooks listen` with `options` at a gateway that registers, and calls `removing` before it answers a removal. */
async function listening(
  t: TestContext,
  command: readonly string[],
  removing: (child: ChildProcess) => void,
  options: readonly string[] = [],
) {
  let child: ChildProcess | undefined;
  const gateway = createServer((request, response) => {
    request.resume();
    if (request.method === "POST") {
      const endpoint = JSON.stringify({ id: "e-1", secret: "whsec_AAAA" });
      return void response.writeHead(201, { "content-type": "application/json" }).end(endpoint);
    }
    if (child !== undefined) removing(child);
    response.writeHead(204).end();
  });
  gateway.listen(0, "127.0.0.1");
  await once(gateway, "listening");
  t.after(() => {
    gateway.close();
    gateway.closeAllConnections();
  });
  const [file = "", ...args] = command;
  const url = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
  child = spawn(file, [...args, "webhooks", "listen", "--url", url, ...options], {
    cwd: repoRoot,
    stdio: ["ignore", "ignore", "pipe"],
  });
  t.after(() => child?.kill("SIGKILL"));
  assert.ok(child.stderr);
  const exited = once(child, "exit");
  const lines = createInterface({ input: child.stderr });
  const told: string[] = [];
  const removed = new Promise<void>((done) => {
    lines.on("line", (line) => {
      told.push(line);
      if (line === "Removed endpoint e-1") done();
    });
  });
  while (!told.some((line) => line.startsWith("Listening at"))) {
    const ended = await Promise.race([once(lines, "line"), exited.then(() => "ended" as const)]);
    if (ended === "ended") assert.fail(told.join("\n"));
  }
  return { child, exited, removed };
}

test("npm's copy of a Ctrl-C does not end it before its endpoint is removed", async (t) => {
  const { child, exited, removed } = await listening(t, [process.execPath, main], (it) => it.kill("SIGINT"));
  child.kill("SIGINT");
  assert.deepEqual(await exited, [0, null]);
  await removed;
});

test("a Ctrl-C before as many came as were asked for is told by the exit code", async (t) => {
  const command = [process.execPath, main];
  const { child, exited, removed } = await listening(t, command, () => undefined, ["--count", "5"]);
  child.kill("SIGINT");
  assert.deepEqual(await exited, [130, null]);
  await removed;
});

test("a SIGTERM to npm ends it as it should", async (t) => {
  const npm = ["npm", "run", "--silent", "osteon", "--"];
  const { child, removed } = await listening(t, npm, () => undefined);
  child.kill("SIGTERM");
  await removed;
});
