import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { test } from "node:test";
import { osteon } from "./support/osteon.js";

test("a port that is none is not understood", async () => {
  for (const port of ["abc", "-1", "70000", "1.5", ""]) {
    const { code, told } = await osteon(["webhooks", "listen", `--port=${port}`]);
    assert.deepEqual([port, code], [port, 2]);
    assert.match(told, /^--port is a number/);
  }
});

test("a port that is taken is told in a line", async (t) => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const { code, told } = await osteon(["webhooks", "listen", "--port", String(port)]);
  assert.equal(code, 1);
  assert.match(told, /^listen EADDRINUSE[^\n]*$/);
});
