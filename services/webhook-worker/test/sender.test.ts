import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { ProblemError, TargetPolicy } from "@osteon/shared";
import { parseRetryAfter, Sender } from "../src/sender.js";

/** Runs `use` with the address of a server that answers with `listener`. */
async function withServer(listener: RequestListener, use: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const sender = (timeoutMs = 2_000, allow = "127.0.0.0/8") =>
  new Sender({ policy: new TargetPolicy(allow), timeoutMs });

async function problemOf(sending: Promise<unknown>): Promise<ProblemError> {
  const error = await sending.then(
    () => assert.fail("the delivery counted"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ProblemError);
  return error;
}

test("2xx counts, with the body and headers as given", async () => {
  await withServer(
    async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString();
      response.writeHead(request.headers["webhook-id"] === "msg_1" && body === '{"ü":1}' ? 201 : 400).end();
    },
    async (url) => {
      assert.equal((await sender().post(url, { "webhook-id": "msg_1" }, '{"ü":1}')).status, 201);
    },
  );
});

test("a redirect is not followed and does not count", async () => {
  let asked = 0;
  await withServer(
    (_request, response) => {
      asked += 1;
      response.writeHead(302, { location: "/elsewhere" }).end();
    },
    async (url) => {
      const problem = await problemOf(sender().post(url, {}, "{}"));
      assert.deepEqual([problem.code, problem.retryable, asked], ["delivery-failed", true, 1]);
    },
  );
});

test("410 ends the tries, Retry-After is passed on", async () => {
  await withServer(
    (_request, response) => response.writeHead(410).end(),
    async (url) => assert.equal((await problemOf(sender().post(url, {}, "{}"))).retryable, false),
  );
  await withServer(
    (_request, response) => response.writeHead(503, { "retry-after": "120" }).end(),
    async (url) => assert.equal((await problemOf(sender().post(url, {}, "{}"))).retryAfter, 120),
  );
});

test("a receiver that never answers is given up in time", async () => {
  await withServer(
    () => undefined,
    async (url) =>
      assert.match((await problemOf(sender(200).post(url, {}, "{}"))).detail, /no answer within/),
  );
});

test("an endless answer is cut off", async () => {
  await withServer(
    (_request, response) => {
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(4096)));
      };
      response.on("drain", more);
      more();
    },
    async (url) => assert.equal((await sender().post(url, {}, "{}")).status, 200),
  );
});

test("an address inside is refused when it is connected to, by literal and by name", async () => {
  let asked = 0;
  await withServer(
    (_request, response) => {
      asked += 1;
      response.end();
    },
    async (url) => {
      const named = url.replace("127.0.0.1", "ip6-localhost.example.invalid");
      assert.equal((await problemOf(sender(2_000, "").post(url, {}, "{}"))).code, "callback-refused");
      assert.equal((await problemOf(sender(2_000, "").post(named, {}, "{}"))).code, "delivery-failed");
    },
  );
  assert.equal(asked, 0);
});

test("Retry-After is read as seconds and as a date, within bounds", () => {
  assert.equal(parseRetryAfter("7"), 7);
  assert.equal(parseRetryAfter("Thu, 01 Jan 1970 00:01:00 GMT", 0), 60);
  assert.equal(parseRetryAfter("Thu, 01 Jan 1970 00:01:00 GMT", 120_000), 0);
  assert.equal(parseRetryAfter("999999999"), 12 * 3600);
  assert.equal(parseRetryAfter("soon"), undefined);
});
