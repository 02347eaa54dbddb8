import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, Server } from "node:net";
import { test } from "node:test";
import { freePort, isPortFree } from "../src/free-port.js";
import { StartError } from "../src/start-error.js";

test("a free port is none that connections going out are given, and none that was named before", async () => {
  const ports = [];
  for (let at = 0; at < 20; at += 1) ports.push(await freePort());
  assert.equal(new Set(ports).size, ports.length);
  assert.ok(ports.every((port) => port >= 20_000 && port < 32_768));
});

test("a port that is listened on is not free", async () => {
  const port = await freePort();
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  assert.equal(await isPortFree(port), false);
  server.close();
  await once(server, "close");
  assert.equal(await isPortFree(port), true);
});

test("an address that is not this machine's is said, with what helps", async () => {
  // 203.0.113.0/24 is for documentation: no machine has it.
  for (const finding of [freePort("203.0.113.1"), isPortFree(8080, "203.0.113.1")]) {
    await assert.rejects(
      finding,
      (error) =>
        error instanceof StartError && /on 203\.0\.113\.1 .*no such address.*HOST/.test(error.message),
    );
  }
});

test("a port that needs rights is said, with what helps", async (t) => {
  const refused = Object.assign(new Error("listen EACCES"), { code: "EACCES" });
  t.mock.method(Server.prototype, "listen", function (this: Server) {
    process.nextTick(() => this.emit("error", refused));
    return this;
  });
  await assert.rejects(
    isPortFree(80),
    (error) => error instanceof StartError && /^Port 80 .*rights.*PORT from 1024/.test(error.message),
  );
});
