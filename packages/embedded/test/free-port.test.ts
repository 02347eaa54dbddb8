import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { freePort, isPortFree } from "../src/free-port.js";

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
