import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { test } from "node:test";
import { LoneGateway } from "../support/gateway.js";

// Less than what a client has for its first request, and more than the gateway leaves it when it ends.
test("a connection on which nothing was asked yet holds up no end", { timeout: 20_000 }, async (t) => {
  const gateway = await LoneGateway.start();
  const socket = net.connect(Number(new URL(gateway.url).port), "127.0.0.1");
  t.after(() => socket.destroy());
  await once(socket, "connect");
  // Connections are taken in their order.
  assert.equal((await gateway.client.request("/livez")).status, 200);
  const closed = once(socket.resume(), "close");
  await gateway.stop();
  await closed;
});

test("what is asked first when the gateway ends is answered", async (t) => {
  const gateway = await LoneGateway.start();
  const socket = net.connect(Number(new URL(gateway.url).port), "127.0.0.1");
  t.after(() => socket.destroy());
  await once(socket, "connect");
  assert.equal((await gateway.client.request("/livez")).status, 200);
  const stopped = gateway.stop();
  socket.end("GET /v1/analyses HTTP/1.1\r\nhost: gateway\r\n\r\n");
  const answer = Buffer.concat(await socket.toArray()).toString();
  assert.match(answer, /^HTTP\/1\.1 503 .*shutting-down/s);
  await stopped;
});
