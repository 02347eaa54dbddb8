import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import type { Analysis, Problem } from "@osteon/shared";
import { uuidv7 } from "@osteon/shared/libraries/uuid";
import { Client } from "../support/client.js";
import { filmBytes, testFilms } from "../support/films.js";
import { LoneGateway } from "../support/gateway.js";
import { exchange } from "../support/raw-http.js";

const hand = filmBytes(testFilms(1, "hand")[0]?.file ?? "");
let gateway: LoneGateway;
let client: Client;
before(async () => {
  gateway = await LoneGateway.start({ WEBHOOK_MASTER_SECRET: "m".repeat(40), WEBHOOK_ALLOW: "127.0.0.0/8" });
  ({ client } = gateway);
});
after(() => gateway?.stop());

const send = <T>(path: string, type: string, body: string | Buffer, method = "POST") =>
  client.request<T>(path, {
    method,
    headers: { "content-type": type },
    body: typeof body === "string" ? body : Uint8Array.from(body),
  });

describe("a body of a type that the call does not take", () => {
  test("is refused as that, and changes nothing", async () => {
    const hook = await send<{ id: string }>(
      "/v1/webhooks",
      "application/json",
      JSON.stringify({ url: "http://127.0.0.1:8123/" }),
    );
    assert.equal(hook.status, 201, JSON.stringify(hook.body));
    const path = `/v1/webhooks/${hook.body.id}`;
    const before = (await client.request(path)).body;
    const form = '--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--b--\r\n';
    for (const [type, body] of [
      ["multipart/form-data; boundary=b", form],
      ["image/png", hand],
      ["application/octet-stream", hand],
    ] as const) {
      for (const call of ["/v1/webhooks", "/v1/uploads", "/v1/session", "/predict", `${path}/rotate-secret`])
        Client.refused(await send(call, type, body), 415, "media-type-unsupported");
      Client.refused(await send(path, type, body, "PATCH"), 415, "media-type-unsupported");
    }
    assert.deepEqual((await client.request(path)).body, before);
  });
});

test("a film is what its bytes say, whatever type of picture it comes as", async () => {
  for (const type of ["image/jpg", "image/png", "application/dicom"]) {
    const { status, body } = await client.submitRaw(hand, type);
    assert.deepEqual([status, body.films[0]?.contentType], [202, "image/jpeg"]);
  }
});

test("a body that comes packed is refused as that, and not for what it holds", async () => {
  const packed = (path: string, type: string, body: Buffer, encoding = "gzip", method = "POST") =>
    client.request<Problem>(path, {
      method,
      headers: { "content-type": type, "content-encoding": encoding },
      body: Uint8Array.from(body),
    });
  const json = gzipSync(JSON.stringify({ url: "https://viewer.example/" }));
  for (const [path, type, body] of [
    ["/v1/analyses", "image/jpeg", gzipSync(hand)],
    ["/upload", "image/jpeg", gzipSync(hand)],
    ["/v1/webhooks", "application/json", json],
  ] as const) {
    const refusal = await packed(path, type, body);
    Client.refused(refusal, 415, "media-type-unsupported");
    assert.match(refusal.body.detail, /Content-Encoding/);
    assert.equal(refusal.headers.get("accept-encoding"), "identity");
  }
  assert.equal((await packed("/v1/analyses", "image/jpeg", hand, "Identity")).status, 202);
});

test("a body that may be left out may be so by clients that name its type all the same", async () => {
  const hook = await send<{ id: string }>(
    "/v1/webhooks",
    "application/json",
    JSON.stringify({ url: "http://127.0.0.1:8124/" }),
  );
  const path = `/v1/webhooks/${hook.body.id}/rotate-secret`;
  const rotated = await send<{ secret: string }>(path, "application/json", "");
  assert.equal(rotated.status, 200, JSON.stringify(rotated.body));
  assert.match(rotated.body.secret, /^whsec_/);
  // What is needed is missed.
  Client.refused(await send("/v1/webhooks", "application/json", ""), 400, "json-malformed");
});

test("JSON that is null is no empty body", async () => {
  Client.refused(await send("/v1/analyses", "application/json", "null"), 400, "validation-failed");
});

describe("a part of a form that says of no field that it is its", () => {
  const heads = {
    "without a word of itself": "",
    "without its disposition": "Content-Type: image/png\r\n",
    "of another disposition": 'Content-Disposition: attachment; name="film"; filename="a.png"\r\n',
    "of a line that is none": 'Content-Disposition form-data; name="film"\r\n',
    "with a line break in its name": 'Content-Disposition: form-data; name="film"; filename="a\nb.png"\r\n',
  };
  for (const [what, head] of Object.entries(heads))
    test(`is passed over, however long: ${what}`, { timeout: 20_000 }, async () => {
      // Around what streams and sockets take at once.
      for (const length of [0, 1, 16_384, 20_000, 49_000, 65_536, 70_000, 262_144, 300_000, 3_000_000]) {
        const part = Buffer.concat([Buffer.from(`--b\r\n${head}\r\n`), Buffer.alloc(length, "x")]);
        const end = Buffer.from("\r\n--b--\r\n");
        const type = "multipart/form-data; boundary=b";
        for (const path of ["/v1/analyses", "/upload"])
          Client.refused(await send(path, type, Buffer.concat([part, end])), 400, "film-missing");
        const film = 'Content-Disposition: form-data; name="film"; filename="hand.jpg"\r\n';
        const before = Buffer.concat([Buffer.from(`--b\r\n${film}\r\n`), hand, Buffer.from("\r\n")]);
        const answer = await send<Analysis>("/v1/analyses", type, Buffer.concat([before, part, end]));
        assert.deepEqual([answer.status, answer.body.films.length], [202, 1], `${length}`);
      }
    });
});

test("an endpoint is tested ten times a minute, and no more: each test waits for its receiver", async () => {
  const hook = await send<{ id: string }>(
    "/v1/webhooks",
    "application/json",
    JSON.stringify({ url: "http://127.0.0.1:8125/" }),
  );
  const tries = () => client.request(`/v1/webhooks/${hook.body.id}/test`, { method: "POST" });
  const answers = await Promise.all(Array.from({ length: 12 }, tries));
  assert.equal(answers.filter(({ status }) => status === 202).length, 10);
  const refusal = await tries();
  Client.refused(refusal, 429, "rate-limited");
  assert.ok(Number(refusal.headers.get("retry-after")) > 0);
});

test("a time that nobody can read is refused, and is no filter that lets everything through", async () => {
  const json = <T>(path: string, body: object) => send<T>(path, "application/json", JSON.stringify(body));
  const { id } = (await json<{ id: string }>("/v1/webhooks", { url: "http://127.0.0.1:8124/" })).body;
  const since = (time: string) => json<Problem>(`/v1/webhooks/${id}/redeliver`, { since: time });
  for (const time of [
    "2026-01-01T00:00:00+02",
    "2016-12-31T23:59:60Z",
    "2026-02-30T00:00:00Z",
    "2026-01-01",
  ]) {
    const refusal = await since(time);
    Client.refused(refusal, 400, "validation-failed");
    assert.deepEqual(
      refusal.body.errors?.map(({ pointer }) => pointer),
      ["/since"],
      time,
    );
  }
  for (const time of ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.5+02:00"])
    assert.equal((await since(time)).status, 202, time);
});

test("of ten thousand faults of a body twenty are told", async () => {
  const events = Array.from({ length: 10_000 }, (_, at) => at);
  const refusal = await send<Problem>(
    "/v1/webhooks",
    "application/json",
    JSON.stringify({ url: "https://viewer.example/", events }),
  );
  Client.refused(refusal, 400, "validation-failed");
  assert.equal(refusal.body.errors?.length, 20);
});

describe("no body", () => {
  test("is refused for no type where a call takes none", async () => {
    const { host } = new URL(gateway.url);
    const call = (method: string, path: string, ...headers: string[]) =>
      exchange(
        gateway.url,
        `${[`${method} ${path} HTTP/1.1`, `Host: ${host}`, ...headers].join("\r\n")}\r\n\r\n`,
      );
    const types = ["application/x-www-form-urlencoded", "application/json", "image/png"];
    for (const type of types) {
      const { id } = (await client.submitRaw(hand, "image/jpeg")).body;
      const headers = [`Content-Type: ${type}`, "Content-Length: 0"];
      assert.equal((await call("POST", `/v1/analyses/${id}/cancel`, ...headers))?.status, 200, type);
      assert.equal((await call("DELETE", `/v1/analyses/${id}`, headers[0] ?? ""))?.status, 204, type);
    }
    // Where one is due its lack is told.
    const json = ["Content-Type: application/json", "Content-Length: 0"];
    assert.match((await call("POST", "/v1/webhooks", ...json))?.body ?? "", /json-malformed/);
    assert.match((await call("POST", "/v1/analyses", ...json))?.body ?? "", /json-malformed/);
  });
});

describe("a part of a form", () => {
  const form = (...parts: [head: string, body: string | Buffer][]) =>
    Buffer.concat([
      ...parts.flatMap(([head, body]) => [
        Buffer.from(`--b\r\nContent-Disposition: form-data; ${head}\r\n\r\n`),
        Buffer.from(body),
        Buffer.from("\r\n"),
      ]),
      Buffer.from("--b--\r\n"),
    ]);
  const submit = <T>(...parts: [string, string | Buffer][]) =>
    send<T>("/v1/analyses", "multipart/form-data; boundary=b", form(...parts));
  const film: [string, Buffer] = ['name="film"; filename="x.jpg"', hand];

  test("that says it is a picture is a film without a filename too", async () => {
    const answer = await submit<Analysis>(['name="film"\r\nContent-Type: image/jpeg', hand]);
    assert.equal(answer.status, 202, JSON.stringify(answer.body));
    assert.equal(answer.body.films[0]?.name, undefined);
    for (const type of ["", "\r\nContent-Type: text/plain"])
      Client.refused(await submit([`name="film"${type}`, "text"]), 400, "film-missing");
  });

  test("that is JSON is taken where it is text, and refused where it is not", async () => {
    const json = (name: string) => `name="${name}"\r\nContent-Type: application/json`;
    const answer = await submit<Analysis>([json("reference"), '"exam 7"'], film);
    assert.deepEqual([answer.status, answer.body.reference], [202, "exam 7"]);
    for (const [name, value] of [
      ["reference", "123"],
      ["priority", "null"],
      ["upload", '["x"]'],
    ] as const) {
      const refusal = await submit<Problem>([json(name), value], film);
      Client.refused(refusal, 400, "validation-failed");
      assert.deepEqual(refusal.body.errors, [{ detail: "must be text", pointer: `/${name}` }]);
    }
    Client.refused(await submit([json("patient"), "123"], film), 400, "field-unknown");
  });

  test("that is an empty file is told as one", async () => {
    for (const parts of [[], [film]]) {
      const refusal = await submit<Problem>(...parts, ['name="film"; filename="empty.png"', ""]);
      Client.refused(refusal, 400, "body-empty");
      assert.equal(refusal.body.detail, 'The file part "film" carries no bytes.');
    }
  });
});

test("to delete an endpoint that is none reads nobody's deliveries", async (t) => {
  const lists = t.mock.method(gateway.backbone.store, "list").mock;
  Client.refused(
    await client.request(`/v1/webhooks/${uuidv7()}`, { method: "DELETE" }),
    404,
    "webhook-not-found",
  );
  assert.ok(lists.callCount() <= 1, `${lists.callCount()} lists`);
});
