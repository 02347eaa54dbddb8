import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { test } from "node:test";
import { onceGone } from "../src/answers/client-gone.js";

test("an answer whose connection breaks is over, once, also for who asks only then", async () => {
  let gone = 0;
  const late = new EventEmitter();
  const server = createServer((_, response) => {
    onceGone({ raw: response } as never, () => {
      gone += 1;
      setImmediate(() => onceGone({ raw: response } as never, () => late.emit("told")));
    });
    socket.resetAndDestroy();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const told = once(late, "told");
  socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  await told;
  server.close();
  await once(server, "close");
  assert.equal(gone, 1);
});

test("an answer that was sent is over, though its connection is kept; what was left is told nothing", async () => {
  let gone = 0;
  const server = createServer((_, response) => {
    onceGone({ raw: response } as never, () => {
      gone += 1;
    });
    onceGone({ raw: response } as never, () => assert.fail("it was left"))();
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
