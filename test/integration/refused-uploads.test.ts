import assert from "node:assert/strict";
import { after, before, describe, type TestContext, test } from "node:test";
import { ProblemError } from "@osteon/shared";
import { LoneGateway } from "../support/gateway.js";
import { problemOf, RawConnection } from "../support/raw-http.js";

let gateway: LoneGateway;
/** Says no from the second look at a submission on: that is once its body has been read in part. */
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

const boundary = "cut-here";
const megabytes = Buffer.alloc(5 * 1024 * 1024, "x");
const film = (bytes: Buffer, name = "film") => [
  Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="x.png"\r\nContent-Type: image/png\r\n\r\n`,
  ),
  bytes,
  Buffer.from("\r\n"),
];
const field = (name: string, value: string, type?: string) =>
  Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n${type === undefined ? "" : `Content-Type: ${type}\r\n`}\r\n${value}\r\n`,
  );
const form = (...parts: Buffer[]) => Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]);

const post = (body: Buffer) => [
  `POST /v1/analyses HTTP/1.1\r\nHost: ${new URL(gateway.url).host}\r\nContent-Type: multipart/form-data; boundary=${boundary}\r\nContent-Length: ${body.length}\r\n\r\n`,
  body,
];

/** Sends all of a form on one connection, and another request behind it, as clients do that read when they have written. */
async function refused(t: TestContext, body: Buffer, status: number, code: string): Promise<void> {
  const connection = await RawConnection.open(gateway.url);
  t.after(() => connection.close());
  connection.write(...post(body), `GET /livez HTTP/1.1\r\nHost: ${new URL(gateway.url).host}\r\n\r\n`);
  const answer = await connection.answer();
  assert.deepEqual([answer?.status, problemOf(answer).code], [status, code], answer?.body);
  assert.equal((await connection.answer())?.status, 200);
}

describe("an upload that is refused in the middle", () => {
  const cases: [string, number, string, () => Buffer][] = [
    ["an unknown field", 400, "field-unknown", () => form(field("patient", "x"), ...film(megabytes))],
    ["an unknown file", 400, "field-unknown", () => form(...film(megabytes, "scan"), ...film(megabytes))],
    ["a film that is text", 400, "film-missing", () => form(field("film", "x"), ...film(megabytes))],
    ["an unknown upload", 404, "upload-not-found", () => form(field("upload", "x"), ...film(megabytes))],
    [
      "a field that comes twice",
      400,
      "validation-failed",
      () => form(field("reference", "a"), field("reference", "b"), ...film(megabytes)),
    ],
    [
      "more films than it may have",
      413,
      "too-many-films",
      () => form(...Array.from({ length: 20 }, () => film(Buffer.alloc(50_000))).flat()),
    ],
    [
      "a film that is too large",
      413,
      "film-too-large",
      () => form(...film(Buffer.alloc(33 * 1024 * 1024)), ...film(megabytes)),
    ],
  ];
  for (const [name, status, code, body] of cases) {
    test(`for ${name} is answered, and so is what comes after it`, { timeout: 60_000 }, (t) =>
      refused(t, body(), status, code),
    );
  }

  test("for a store that is away is answered", { timeout: 60_000 }, async (t) => {
    const { uploads } = gateway.backbone.analyses.ledger;
    t.mock.method(uploads, "size", async () => {
      throw new ProblemError("store-unavailable");
    });
    await refused(
      t,
      form(field("upload", "01970000-0000-7000-8000-000000000000"), ...film(megabytes)),
      503,
      "store-unavailable",
    );
  });

  test("before it was read is answered at once", { timeout: 60_000 }, async (t) => {
    full = true;
    t.after(() => {
      full = false;
    });
    const connection = await RawConnection.open(gateway.url);
    t.after(() => connection.close());
    const [head = "", body = ""] = post(form(...film(megabytes)));
    connection.write(head);
    assert.equal(problemOf(await connection.answer()).code, "overloaded");
    connection.write(body, `GET /livez HTTP/1.1\r\nHost: ${new URL(gateway.url).host}\r\n\r\n`);
    assert.equal((await connection.answer())?.status, 200);
  });
});
