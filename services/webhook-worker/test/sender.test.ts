import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { Readable } from "node:stream";
import { test } from "node:test";
import { type Resolve, TargetPolicy } from "@osteon/shared";
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

const sender = (timeoutMs = 2_000, allow = "127.0.0.0/8", resolve?: Resolve) =>
  new Sender({ policy: new TargetPolicy(allow, resolve), timeoutMs });

test("2xx counts, with the body and headers as given, and the answer is kept for people to read", async () => {
  await withServer(
    async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString();
      const right = request.headers["webhook-id"] === "msg_1" && body === '{"ü":1}';
      response.writeHead(right ? 201 : 400).end("taken\u001b[31m\u0000\r\nin, \u202Ethanks");
    },
    async (url) => {
      const { milliseconds, ...result } = await sender().post(url, { "webhook-id": "msg_1" }, '{"ü":1}');
      assert.deepEqual(result, { delivered: true, status: 201, answer: "taken [31m in, thanks" });
      assert.ok(milliseconds >= 0);
    },
  );
});

test("the excerpt of an answer has at most 500 characters", async () => {
  await withServer(
    (_request, response) => response.writeHead(500).end("é".repeat(3000)),
    async (url) => {
      const { answer } = await sender().post(url, {}, "{}");
      assert.equal(answer, "é".repeat(500));
    },
  );
});

test("a redirect is not followed and does not count", async () => {
  for (const status of [301, 302, 303, 307, 308]) {
    let asked = 0;
    await withServer(
      (_request, response) => {
        asked += 1;
        response.writeHead(status, { location: "/elsewhere?token=1" }).end();
      },
      async (url) => {
        const { delivered, status: seen, final, reason } = await sender().post(url, {}, "{}");
        assert.deepEqual([delivered, seen, final, asked], [false, status, undefined, 1]);
        assert.equal(reason, `The receiver answered ${status}.`);
      },
    );
  }
});

test("410 ends the tries, Retry-After is passed on", async () => {
  await withServer(
    (_request, response) => response.writeHead(410).end(),
    async (url) => assert.equal((await sender().post(url, {}, "{}")).final, "gone"),
  );
  await withServer(
    (_request, response) => response.writeHead(503, { "retry-after": "120" }).end(),
    async (url) => assert.equal((await sender().post(url, {}, "{}")).retryAfter, 120),
  );
});

test("a receiver that never answers is given up in time", async () => {
  await withServer(
    () => undefined,
    async (url) => {
      const { delivered, reason, status } = await sender(200).post(url, {}, "{}");
      assert.deepEqual([delivered, status], [false, undefined]);
      assert.match(reason ?? "", /No answer within/);
    },
  );
});

test("an answer that is endless, or stops in the middle, is cut off; its status counts", async () => {
  const endings: RequestListener[] = [
    (_request, response) => {
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(4096)));
      };
      response.on("drain", more);
      more();
    },
    (_request, response) => response.writeHead(200).write("and then nothing"),
    (_request, response) => {
      response.writeHead(200, { "content-length": "100" }).write("broken off", () => response.destroy());
    },
  ];
  for (const listener of endings) {
    await withServer(listener, async (url) => {
      const { delivered, status } = await sender(3_000).post(url, {}, "{}");
      assert.deepEqual([delivered, status], [true, 200]);
    });
  }
});

test("of a large answer no more is read than is kept: the rest stays with its receiver", async () => {
  const megabytes = 64;
  let asked = 0;
  let over: Promise<unknown> | undefined;
  await withServer(
    (_request, response) => {
      over = once(response, "close");
      const answer = function* () {
        for (; asked < megabytes; asked += 1) yield Buffer.alloc(1024 * 1024);
      };
      Readable.from(answer()).pipe(response);
    },
    async (url) => {
      const { delivered, status } = await sender(30_000).post(url, {}, "{}");
      assert.deepEqual([delivered, status], [true, 200]);
      await over;
      // What lies in buffers on the way was asked for, too.
      assert.ok(asked < megabytes, `${asked}`);
    },
  );
});

test("what is no HTTP, or has endless header fields, does not count", async () => {
  for (const begin of ["SSH-2.0-OpenSSH\r\n", `HTTP/1.1 200 OK\r\n${"x: y\r\n".repeat(20_000)}`]) {
    const server = createTcpServer((socket) => {
      socket.on("error", () => undefined).write(begin);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const { delivered, status } = await sender(500).post(`http://127.0.0.1:${port}/`, {}, "{}");
    assert.deepEqual([delivered, status], [false, undefined]);
    server.close();
  }
});

test("interim answers are passed over while they are few; one that sends them without end is cut off", async (t) => {
  const interim = "HTTP/1.1 103 E\r\n\r\n";
  let endless = false;
  const server = createTcpServer((socket) => {
    const more = () => {
      while (!socket.destroyed && socket.write(interim.repeat(1000)));
    };
    socket.on("error", () => undefined).resume();
    if (endless) socket.on("drain", more);
    if (endless) more();
    else socket.end(`${interim.repeat(8)}HTTP/1.1 204 No Content\r\n\r\n`);
  }).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  assert.equal((await sender(10_000).post(url, {}, "{}")).status, 204);
  endless = true;
  const { delivered, status, reason } = await sender(10_000).post(url, {}, "{}");
  assert.deepEqual([delivered, status, reason], [false, undefined, "More than 8 interim answers (1xx)."]);
});

test("a receiver that switches protocols answers nothing that counts, and holds nothing", async () => {
  const upgrade = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n";
  const answers = [
    { begin: upgrade, ends: false },
    { begin: upgrade, ends: true },
    { begin: "HTTP/1.1 101 Switching Protocols\r\n\r\n", ends: true },
  ];
  for (const { begin, ends } of answers) {
    const server = createTcpServer((socket) => {
      socket.on("error", () => undefined).resume();
      if (ends) socket.end(begin);
      else socket.write(begin);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const { delivered, status } = await sender(10_000).post(`http://127.0.0.1:${port}/`, {}, "{}");
    assert.deepEqual([delivered, status], [false, 101]);
    server.close();
    await once(server, "close");
  }
});

test("an address inside is refused when it is connected to, and nothing reaches it", async () => {
  let asked = 0;
  await withServer(
    (_request, response) => {
      asked += 1;
      response.end();
    },
    async (url) => {
      const named = (name: string) => url.replace("127.0.0.1", name);
      const inside: Resolve = (_name, _options, callback) =>
        callback(null, [{ address: "127.0.0.1", family: 4 }]);
      const mixed: Resolve = (_name, _options, callback) =>
        callback(null, [
          { address: "93.184.216.34", family: 4 },
          { address: "::ffff:127.0.0.1", family: 6 },
        ]);
      for (const result of [
        await sender(2_000, "").post(url, {}, "{}"),
        await sender(2_000, "", inside).post(named("receiver.example"), {}, "{}"),
        await sender(2_000, "", mixed).post(named("receiver.example"), {}, "{}"),
      ]) {
        assert.deepEqual([result.delivered, result.final, result.status], [false, "refused", undefined]);
      }
    },
  );
  assert.equal(asked, 0);
});

test("a name that turns inside after it was good (rebinding) is refused at the next connection", async () => {
  // 127.0.0.2 stands for a public address, 127.0.0.1 for one inside: the same socket listens on both.
  const server = createServer((_request, response) => response.writeHead(204).end()).listen(0, "0.0.0.0");
  await once(server, "listening");
  const reached: string[] = [];
  server.on("connection", (socket) => reached.push(String(socket.localAddress)));
  const answers = ["127.0.0.2", "127.0.0.1", "127.0.0.2"];
  const rebinding: Resolve = (_name, _options, callback) =>
    callback(null, [{ address: answers.shift() ?? "127.0.0.1", family: 4 }]);
  const post = sender(2_000, "127.0.0.2", rebinding);
  const url = `http://receiver.example:${(server.address() as AddressInfo).port}/`;
  const results = [
    await post.post(url, {}, "{}"),
    await post.post(url, {}, "{}"),
    await post.post(url, {}, "{}"),
  ];
  assert.deepEqual(
    results.map(({ delivered, final }) => [delivered, final]),
    [
      [true, undefined],
      [false, "refused"],
      [true, undefined],
    ],
  );
  assert.deepEqual(reached, ["127.0.0.2", "127.0.0.2"]);
  server.closeAllConnections();
  server.close();
});

test("Retry-After is read as seconds and as a date, within bounds", () => {
  assert.equal(parseRetryAfter("7"), 7);
  assert.equal(parseRetryAfter("Thu, 01 Jan 1970 00:01:00 GMT", 0), 60);
  assert.equal(parseRetryAfter("Thu, 01 Jan 1970 00:01:00 GMT", 120_000), 0);
  assert.equal(parseRetryAfter("999999999"), 12 * 3600);
  assert.equal(parseRetryAfter("soon"), undefined);
});
