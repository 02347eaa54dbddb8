import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { runOsteon } from "../src/osteon.js";
import { osteon } from "./support/osteon.js";

test("a state is printed when it comes, not when the next one does", async (t) => {
  const server = createServer();
  const asked = once(server, "request") as Promise<[unknown, ServerResponse]>;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;

  const lines: string[] = [];
  let printed: () => void = () => undefined;
  const next = () => new Promise<void>((resolve) => (printed = resolve));
  const out = (line: string) => {
    lines.push(line.split(/ +/)[1] ?? "");
    printed();
  };
  const signal = AbortSignal.timeout(20_000);
  const told: string[] = [];
  const args = ["watch", "an-id", "--url", `http://127.0.0.1:${port}`];
  const ended = runOsteon(args, { out, err: (line) => told.push(line), env: {}, signal });

  const [, answer] = await asked;
  answer.writeHead(200, { "content-type": "text/event-stream" });
  for (const status of ["queued", "processing", "failed"]) {
    const shown = next();
    const analysis = { id: "an-id", status, films: [] };
    answer.write(`id: ${status}\nevent: ${status}\ndata: ${JSON.stringify(analysis)}\n\n`);
    await shown;
    assert.equal(lines.at(-1), status);
  }
  answer.end();
  assert.equal(await ended, 1, "the film failed");
  assert.deepEqual([lines, told], [["queued", "processing", "failed"], []]);
});

test("get --wait tells the state where the end does not come in time", async (t) => {
  const server = createServer((request, answer) => {
    // A question that is held gets no answer while it is.
    if (request.url?.includes("wait=")) return;
    answer.end(JSON.stringify({ id: "an-id", status: "processing", films: [] }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const args = ["get", "an-id", "--wait", "0.2", "--url", `http://127.0.0.1:${port}`];
  const { code, printed, told } = await osteon(args);
  assert.match(printed, /^an-id +processing/);
  assert.deepEqual([code, told], [0, ""]);
});
