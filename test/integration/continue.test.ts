import assert from "node:assert/strict";
import { after, before, describe, type TestContext, test } from "node:test";
import { ProblemError } from "@osteon/shared";
import { filmBytes, testFilms } from "../support/films.js";
import { LoneGateway } from "../support/gateway.js";
import { problemOf, RawConnection } from "../support/raw-http.js";

const hand = filmBytes(testFilms(1, "hand")[0]?.file ?? "");
const megabyte = 1024 * 1024;
let gateway: LoneGateway;
let full = false;
before(async () => {
  gateway = await LoneGateway.start(
    {},
    {
      check: () => {
        if (full) throw new ProblemError("overloaded");
      },
    },
  );
});
after(() => gateway?.stop());

/** Sends a request's head, with `Expect: 100-continue`. */
async function asking(t: TestContext, line: string, ...headers: string[]): Promise<RawConnection> {
  const connection = await RawConnection.open(gateway.url);
  t.after(() => connection.close());
  const host = `Host: ${new URL(gateway.url).host}`;
  connection.write(`${[`${line} HTTP/1.1`, host, "Expect: 100-continue", ...headers].join("\r\n")}\r\n\r\n`);
  return connection;
}

const submission = "POST /v1/analyses";
const form = "Content-Type: multipart/form-data; boundary=b";
const lengthOf = (bytes: number) => `Content-Length: ${bytes}`;

describe("a client that asks whether to send is refused before it does", { timeout: 60_000 }, () => {
  const refusals: [string, number, string, string, string[]][] = [
    ["its type", 415, "media-type-unsupported", submission, ["Content-Type: text/plain", lengthOf(9)]],
    [
      "a film's length",
      413,
      "film-too-large",
      submission,
      ["Content-Type: image/png", lengthOf(33 * megabyte)],
    ],
    ["a form's length", 413, "upload-too-large", submission, [form, lengthOf(130 * megabyte)]],
    [
      "JSON's length",
      413,
      "body-too-large",
      submission,
      ["Content-Type: application/json", lengthOf(70_000)],
    ],
    [
      "its key",
      400,
      "idempotency-key-invalid",
      submission,
      [form, lengthOf(9), `Idempotency-Key: ${"x".repeat(256)}`],
    ],
    ["its path", 404, "not-found", "POST /v1/nothing", [form, lengthOf(9)]],
  ];
  for (const [what, status, code, line, headers] of refusals) {
    test(`for ${what}, and its connection ends`, async (t) => {
      const connection = await asking(t, line, ...headers);
      const answer = await connection.answer();
      assert.deepEqual([answer?.status, problemOf(answer).code], [status, code]);
      assert.equal(answer?.headers.connection, "close");
      assert.equal(await connection.answer(), undefined);
    });
  }

  test("for overload; one with a key sends, as it may be a repeat", async (t) => {
    full = true;
    t.after(() => {
      full = false;
    });
    const film = ["Content-Type: image/jpeg", lengthOf(hand.length)];
    const answer = await (await asking(t, submission, ...film)).answer();
    assert.deepEqual([answer?.status, problemOf(answer).code], [503, "overloaded"]);
    const repeat = await asking(t, submission, ...film, "Idempotency-Key: once");
    assert.equal((await repeat.answer())?.status, 100);
  });
});

describe("a client that asks whether to send is told to", { timeout: 60_000 }, () => {
  const bodies: [string, Buffer, string, number][] = [
    ["a film", hand, "Content-Type: image/jpeg", 202],
    [
      "a form",
      Buffer.concat([
        Buffer.from('--b\r\nContent-Disposition: form-data; name="film"; filename="x.jpg"\r\n\r\n'),
        hand,
        Buffer.from("\r\n--b--\r\n"),
      ]),
      form,
      202,
    ],
    ["JSON", Buffer.from('{"uploads": []}'), "Content-Type: application/json", 400],
  ];
  for (const [what, body, type, status] of bodies) {
    test(`${what}, and goes on with its connection`, async (t) => {
      const connection = await asking(t, submission, type, lengthOf(body.length));
      assert.equal((await connection.answer())?.status, 100);
      connection.write(body);
      assert.equal((await connection.answer())?.status, status);
      connection.write(`GET /livez HTTP/1.1\r\nHost: ${new URL(gateway.url).host}\r\n\r\n`);
      assert.equal((await connection.answer())?.status, 200);
    });
  }

  test("or answered, where it has nothing to send", async (t) => {
    assert.equal((await (await asking(t, "GET /livez")).answer())?.status, 200);
  });
});

test("what a client sends without waiting is read off before it is refused", {
  timeout: 60_000,
}, async (t) => {
  const connection = await RawConnection.open(gateway.url);
  t.after(() => connection.close());
  const host = `Host: ${new URL(gateway.url).host}`;
  const headers = [host, "Expect: 100-continue", "Content-Type: text/plain", lengthOf(5)];
  connection.write(`${[`${submission} HTTP/1.1`, ...headers].join("\r\n")}\r\n\r\nhello`);
  const answers = [await connection.answer(), await connection.answer()];
  assert.deepEqual(
    answers.map((each) => each?.status),
    [100, 415],
  );
  connection.write(`GET /livez HTTP/1.1\r\n${host}\r\n\r\n`);
  assert.equal((await connection.answer())?.status, 200);
});
