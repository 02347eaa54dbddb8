import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { test } from "node:test";
import { onceGone } from "../src/client-gone.js";

const wrap = (request: IncomingMessage, raw: ServerResponse) => ({ raw, request: { raw: request } }) as never;

test("of answers that wait behind one another each learns that their connection is gone, once", async () => {
  const gone: string[] = [];
  let asked = 0;
  let release = () => {};
  const all = new Promise<void>((resolve) => {
    release = resolve;
  });
  const server = createServer((request, response) => {
    onceGone(wrap(request, response), () => {
      gone.push(request.url ?? "");
      if (gone.length === 20) release();
    });
    asked += 1;
    if (asked === 20) socket.destroy();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const warnings: Error[] = [];
  process.on("warning", (warning) => {
    if (warning.name === "MaxListenersExceededWarning") warnings.push(warning);
  });
  for (let at = 0; at < 20; at += 1) socket.write(`GET /${at} HTTP/1.1\r\nhost: x\r\n\r\n`);
  await all;
  server.close();
  assert.deepEqual(
    gone,
    Array.from({ length: 20 }, (_, at) => `/${at}`),
  );
  assert.deepEqual(warnings, []);
});

test("an answer that was sent is over, though its connection is kept; what was left is told nothing", async () => {
  let gone = 0;
  const server = createServer((request, response) => {
    onceGone(wrap(request, response), () => {
      gone += 1;
    });
    onceGone(wrap(request, response), () => assert.fail("it was left"))();
    response.end("done");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  for (let at = 1; at <= 3; at += 1) {
    await (await fetch(`http://127.0.0.1:${port}/`)).text();
    assert.equal(gone, at);
  }
  server.closeAllConnections();
  server.close();
  await once(server, "close");
  assert.equal(gone, 3);
});
