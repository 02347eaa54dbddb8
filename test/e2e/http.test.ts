import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Analysis, type Problem, Problem as ProblemSchema } from "@osteon/shared";
import { Value } from "typebox/value";
import { Client } from "../support/client.js";
import { ContractCheck } from "../support/contract-check.js";
import { filmBytes, testFilms } from "../support/films.js";
import { exchange, problemOf, type RawAnswer, RawConnection } from "../support/raw-http.js";
import { startTestSystem, type TestSystem } from "../support/system.js";

const hand = filmBytes(testFilms(1, "hand")[0]?.file ?? "");
const nobody = "01970000-0000-7000-8000-000000000000";
let system: TestSystem;
let client: Client;
let url: string;
before(async () => {
  system = await startTestSystem({
    env: { STALL_TIMEOUT_SECONDS: "2", CORS_ORIGINS: "https://viewer.example" },
  });
  ({ client } = system);
  ({ url } = client);
});
after(() => system?.stop());

const host = () => `Host: ${new URL(url).host}\r\n`;

/** Asserts a problem with its request id, wherever on the way it was made. */
function refused(answer: RawAnswer | undefined, status: number, code: string): void {
  assert.ok(answer, `no answer: ${code} was expected`);
  const problem = problemOf(answer);
  assert.deepEqual([answer.status, problem.code], [status, code], answer.body);
  assert.match(answer.headers["content-type"] ?? "", /^application\/problem\+json/);
  assert.ok(Value.Check(ProblemSchema, problem), answer.body);
  assert.match(problem.requestId, /^[0-9a-f]{8}-[0-9a-f-]{27}$/);
  assert.equal(answer.headers["x-request-id"], problem.requestId);
}

describe("what is no HTTP, or not all of it", () => {
  const get = (path: string, more = "") => `GET ${path} HTTP/1.1\r\n${host()}${more}\r\n`;
  const cases: [string, number, string, () => (string | Uint8Array)[]][] = [
    ["a line that is none", 400, "bad-request", () => ["hello\r\n\r\n"]],
    ["TLS", 400, "bad-request", () => [Uint8Array.from([22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3])]],
    [
      "a method that nothing has",
      405,
      "method-not-allowed",
      () => [`QUERY /v1/models HTTP/1.1\r\n${host()}\r\n`],
    ],
    ["no host", 400, "bad-request", () => ["GET / HTTP/1.1\r\n\r\n"]],
    [
      "20 kB of headers",
      431,
      "headers-too-large",
      () => [get("/livez", `X-Long: ${"x".repeat(20_000)}\r\n`)],
    ],
    ["a path of 20 kB", 431, "headers-too-large", () => [get(`/v1/analyses/${"x".repeat(20_000)}`)]],
    ["a path that is no text", 400, "bad-request", () => [get("/v1/analyses/%zz")]],
    ["a folder of the page's files", 404, "not-found", () => [get("/assets/")]],
    ["an id of 300 characters", 404, "not-found", () => [get(`/v1/analyses/${"x".repeat(300)}`)]],
    ["a path with a null", 404, "not-found", () => [get(`/v1/analyses/a%00b${"x".repeat(80)}`)]],
    [
      "two lengths",
      400,
      "bad-request",
      () => [`POST /predict HTTP/1.1\r\n${host()}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`],
    ],
    [
      "a length and chunks",
      400,
      "bad-request",
      () => [`POST /predict HTTP/1.1\r\n${host()}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`],
    ],
    [
      "chunks that are none",
      400,
      "bad-request",
      () => [
        `POST /v1/analyses HTTP/1.1\r\n${host()}Content-Type: image/jpeg\r\nTransfer-Encoding: chunked\r\n\r\n`,
        "5\r\nhello\r\nzz\r\n",
      ],
    ],
    ["an expectation", 417, "expectation-failed", () => [get("/livez", "Expect: a-miracle\r\n")]],
    [
      "another host's name",
      421,
      "host-refused",
      () => ["GET /v1/analyses HTTP/1.1\r\nHost: rebound.example:80\r\n\r\n"],
    ],
    [
      "an origin that is null",
      403,
      "origin-refused",
      () => [`POST /v1/models/reload HTTP/1.1\r\n${host()}Origin: null\r\nContent-Length: 0\r\n\r\n`],
    ],
    ["headers that stop", 408, "request-timeout", () => [`GET / HTTP/1.1\r\n${host()}X-Sl`]],
    [
      "a body that stops",
      408,
      "request-timeout",
      () => [
        `POST /v1/analyses HTTP/1.1\r\n${host()}Content-Type: image/jpeg\r\nContent-Length: ${hand.length}\r\n\r\n`,
        hand.subarray(0, 1000),
      ],
    ],
  ];
  for (const [name, status, code, parts] of cases) {
    test(name, async () => {
      const before = await system.snapshot();
      refused(await exchange(url, ...parts()), status, code);
      assert.deepEqual(await system.snapshot(), before);
    });
  }
});

describe("connections", () => {
  test("requests in a row are answered in their order, and rubbish after them does not harm them", async () => {
    const connection = await RawConnection.open(url);
    const one = `GET /livez HTTP/1.1\r\n${host()}\r\n`;
    connection.write(`${one}GET /v1/nothing HTTP/1.1\r\n${host()}\r\n${one}`);
    assert.deepEqual(
      [await connection.answer(), await connection.answer(), await connection.answer()].map(
        (each) => each?.status,
      ),
      [200, 404, 200],
    );
    connection.write("rubbish\r\n\r\n");
    refused(await connection.answer(), 400, "bad-request");
    connection.close();
  });

  test("a held answer is not overtaken by a complaint about what follows: the connection ends", async () => {
    await system.paused("bodypart-worker", async () => {
      const { body } = await client.submit([{ name: "x", bytes: hand }]);
      const connection = await RawConnection.open(url);
      connection.write(`GET /v1/analyses/${body.id}?wait=60 HTTP/1.1\r\n${host()}\r\nrubbish\r\n\r\n`);
      assert.equal(await connection.answer(), undefined);
      assert.ok(connection.socket.destroyed);
    });
  });

  test("a client that asks whether to go on is refused before it sends, or told to", async () => {
    const post = (more: string) =>
      `POST /v1/analyses HTTP/1.1\r\n${host()}Content-Type: image/jpeg\r\nContent-Length: ${hand.length}\r\nExpect: 100-continue\r\n${more}\r\n`;
    refused(await exchange(url, post("Origin: https://elsewhere.example\r\n")), 403, "origin-refused");
    const connection = await RawConnection.open(url);
    connection.write(post(""));
    assert.equal((await connection.answer())?.status, 100);
    connection.write(hand);
    assert.equal((await connection.answer())?.status, 202);
    connection.close();
  });
});

describe("methods", () => {
  test("HEAD answers as GET does, without the body", async () => {
    const head = await fetch(`${url}/v1/models`, { method: "HEAD" });
    const get = await fetch(`${url}/v1/models`);
    assert.equal(head.headers.get("content-length"), String(Buffer.byteLength(await get.text())));
    assert.match(get.headers.get("content-type") ?? "", /^application\/json; charset=utf-8$/);
  });

  test("OPTIONS and a refused method tell what is allowed", async () => {
    for (const [path, allow] of [
      ["/v1/analyses", "GET, HEAD, POST, OPTIONS"],
      [`/v1/analyses/${nobody}`, "GET, HEAD, DELETE, OPTIONS"],
      [`/v1/analyses/${nobody}/events`, "GET, OPTIONS"],
      [`/v1/webhooks/${nobody}`, "GET, HEAD, PATCH, DELETE, OPTIONS"],
    ] as const) {
      const refusal = await client.request(path, { method: "PUT" });
      Client.refused(refusal, 405, "method-not-allowed");
      assert.equal(refusal.headers.get("allow"), allow);
      const options = await client.request(path, { method: "OPTIONS" });
      assert.deepEqual([options.status, options.headers.get("allow")], [204, allow]);
    }
    Client.refused(await client.request("/v1/nothing", { method: "OPTIONS" }), 404, "not-found");
  });
});

describe("what is not in the schema", () => {
  const json = (method: string, path: string, body: unknown) =>
    client.request<Problem>(path, {
      method,
      headers: { "content-type": "application/json" },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  const cases: [string, () => Promise<{ status: number; headers: Headers; body: Problem }>, string[]][] = [
    ["a misspelt filter", () => client.request("/v1/analyses?statsu=failed"), ["statsu"]],
    ["a filter of no value", () => client.request("/v1/analyses?status=&limit=0"), ["limit", "status"]],
    ["a parameter that comes twice", () => client.request("/v1/analyses?limit=1&limit=2"), ["limit"]],
    ["a parameter where there is none", () => client.request("/v1/models?all=1"), ["all"]],
    ["a wait that is no number", () => client.request(`/v1/analyses/${nobody}?wait=soon`), ["wait"]],
    ["a body without what it needs", () => json("POST", "/v1/webhooks", {}), ["/url"]],
    [
      "an unknown property and a wrong type",
      () => json("POST", "/v1/webhooks", { url: "https://x.example", enable: true, description: 7 }),
      ["", "/description", "/enable"].slice(1),
    ],
    [
      "a text for a number",
      () => json("POST", "/v1/uploads", { bytes: "12", contentType: "image/png" }),
      ["/bytes"],
    ],
    ["a list for a body", () => json("POST", "/v1/uploads", []), [""]],
    [
      "uploads that are none",
      () => json("POST", "/v1/analyses", { uploads: [7], "a/b": 1 }),
      ["/a~1b", "/uploads/0"],
    ],
  ];
  for (const [name, ask, pointers] of cases) {
    test(name, async () => {
      const answer = await ask();
      Client.refused(answer, 400, "validation-failed");
      const errors = answer.body.errors ?? [];
      assert.deepEqual(errors.map((each) => each.pointer).sort(), pointers, JSON.stringify(errors));
      for (const { detail } of errors) assert.ok(detail.length > 5, detail);
    });
  }

  test("JSON that is none, nothing, and what says it is something else", async () => {
    Client.refused(await json("POST", "/v1/webhooks", "{"), 400, "json-malformed");
    Client.refused(await json("POST", "/v1/webhooks", ""), 400, "json-malformed");
    const xml = { method: "POST", headers: { "content-type": "text/xml" }, body: "<a/>" };
    Client.refused(await client.request("/v1/webhooks", xml), 415, "media-type-unsupported");
    Client.refused(await json("POST", "/v1/webhooks", { url: "x".repeat(70_000) }), 413, "body-too-large");
  });
});

describe("pages of other origins", () => {
  const from = (origin: string, init: RequestInit = {}) =>
    client.request("/v1/analyses", { ...init, headers: { origin, ...(init.headers as object) } });

  test("may call where they are named, streams too", async () => {
    const preflight = await from("https://viewer.example", {
      method: "OPTIONS",
      headers: {
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,idempotency-key",
      },
    });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get("access-control-allow-origin"), "https://viewer.example");
    assert.match(
      preflight.headers.get("access-control-allow-headers") ?? "",
      /authorization,idempotency-key/,
    );
    const answer = await from("https://viewer.example", {
      method: "POST",
      body: Uint8Array.from(hand),
      headers: { "content-type": "image/jpeg" },
    });
    assert.equal(answer.status, 202);
    assert.match(answer.headers.get("access-control-expose-headers") ?? "", /retry-after/);
    const { id } = answer.body as Analysis;
    const stream = await fetch(`${url}/v1/analyses/${id}/events`, {
      headers: { origin: "https://viewer.example" },
    });
    assert.equal(stream.headers.get("access-control-allow-origin"), "https://viewer.example");
    assert.ok(stream.headers.get("x-request-id"));
    await stream.text();
  });

  test("may not send anything where they are not, nor read", async () => {
    const post = { method: "POST", body: Uint8Array.from(hand), headers: { "content-type": "image/jpeg" } };
    Client.refused(await from("https://elsewhere.example", post), 403, "origin-refused");
    const headers = { ...post.headers, "sec-fetch-site": "cross-site" };
    // fetch keeps this header to itself.
    refused(
      await exchange(
        url,
        `POST /v1/analyses HTTP/1.1\r\n${host()}Sec-Fetch-Site: ${headers["sec-fetch-site"]}\r\nContent-Length: 0\r\n\r\n`,
      ),
      403,
      "origin-refused",
    );
    const read = await from("https://elsewhere.example");
    assert.deepEqual([read.status, read.headers.get("access-control-allow-origin")], [200, null]);
    assert.equal((await from(url, post)).status, 202);
  });
});

describe("Prefer: wait", () => {
  const submit = (prefer: string) =>
    client.request<Analysis>("/v1/analyses", {
      method: "POST",
      body: Uint8Array.from(hand),
      headers: { "content-type": "image/jpeg", prefer },
    });

  test("a submission is answered with the end", async () => {
    const answer = await submit("respond-async, wait=60");
    assert.deepEqual([answer.status, answer.body.status], [200, "completed"]);
    assert.equal(answer.headers.get("preference-applied"), "wait=60");
    assert.equal(answer.headers.get("location"), `/v1/analyses/${answer.body.id}`);
  });

  test("what it does not know it passes over, and more than is held is the most that is", async () => {
    assert.equal((await submit("handling=lenient")).status, 202);
    const answer = await submit("wait=9999");
    assert.equal(answer.headers.get("preference-applied"), "wait=60");
    const got = await client.request<Analysis>(`/v1/analyses/${answer.body.id}`, {
      headers: { prefer: "wait=1" },
    });
    assert.deepEqual([got.body.status, got.headers.get("preference-applied")], ["completed", "wait=1"]);
  });
});

describe("a film's bytes", () => {
  let original: string;
  let check: ContractCheck;
  before(async () => {
    check = await ContractCheck.of(url);
    const { body } = await client.submit([{ name: 'a"b\r\nx.jpg', bytes: hand }]);
    await client.ended(body.id);
    original = `${url}/v1/analyses/${body.id}/films/0/original`;
  });
  const part = async (headers: Record<string, string>) => {
    const answer = await check.fetch(original, { headers });
    return { answer, bytes: Buffer.from(await answer.arrayBuffer()) };
  };

  test("come in parts where they are asked for", async () => {
    for (const [range, from, to] of [
      ["bytes=0-9", 0, 9],
      ["bytes=100-", 100, hand.length - 1],
      ["bytes=-7", hand.length - 7, hand.length - 1],
    ] as const) {
      const { answer, bytes } = await part({ range });
      assert.equal(answer.status, 206);
      assert.equal(answer.headers.get("content-range"), `bytes ${from}-${to}/${hand.length}`);
      assert.deepEqual(bytes, hand.subarray(from, to + 1));
    }
    for (const range of ["bytes=0-1,5-6", "lines=1-2", "bytes=x"]) {
      const { answer, bytes } = await part({ range });
      assert.deepEqual([answer.status, bytes.length], [200, hand.length], range);
    }
    const { answer } = await part({ range: `bytes=${hand.length}-` });
    assert.deepEqual([answer.status, answer.headers.get("content-range")], [416, `bytes */${hand.length}`]);
    assert.equal((await part({ range: "bytes=0-9", "if-range": '"another"' })).answer.status, 200);
    assert.deepEqual(check.faults, []);
  });

  test("are private, known by their tag, and saved under a name that this server made", async () => {
    const { answer } = await part({});
    assert.match(
      answer.headers.get("content-disposition") ?? "",
      /^attachment; filename="[0-9a-f-]{36}-0\.jpg"$/,
    );
    for (const name of ["original", "image.png", "thumbnail.jpg", "heatmap.png"]) {
      const first = await check.fetch(original.replace("original", name));
      assert.equal(first.headers.get("cache-control"), "private, no-cache", name);
      await first.arrayBuffer();
      const again = await check.fetch(original.replace("original", name), {
        headers: { "if-none-match": first.headers.get("etag") ?? "" },
      });
      assert.equal(again.status, 304, name);
    }
    assert.deepEqual(check.faults, []);
  });
});

test("a gateway that ends answers those it holds, ends streams, and goes in good order", async () => {
  const two = await startTestSystem({ counts: { gateway: 2, "bodypart-worker": 0 } });
  try {
    const [gateway] = two.running.named("gateway");
    const { body } = await two.client.submit([{ name: "x", bytes: hand }]);
    const held = two.client.get(body.id, 60);
    const stream = await fetch(`${two.client.url}/v1/analyses/${body.id}/events`);
    const reader = stream.body?.getReader();
    assert.ok(reader && gateway);
    await reader.read();
    await gateway.stop();
    while (!(await reader.read()).done);
    assert.equal((await held).body.status, "queued");
  } finally {
    await two.stop();
  }
});
