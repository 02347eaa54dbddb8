import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { type Analysis, type Problem, ProblemError } from "@osteon/shared";
import sharp from "sharp";
import { Client } from "../support/client.js";
import { filmBytes, testFilms } from "../support/films.js";
import { LoneGateway } from "../support/gateway.js";
import { exchange, problemOf, RawConnection } from "../support/raw-http.js";
import { root } from "../support/tools.js";

const web = JSON.parse(readFileSync(path.join(root, "web/package.json"), "utf8")) as {
  dependencies: Record<string, string>;
};
const hand = filmBytes(testFilms(1, "hand")[0]?.file ?? "");
const viewer = "https://viewer.example";
let gateway: LoneGateway;
let client: Client;
before(async () => {
  gateway = await LoneGateway.start({ CORS_ORIGINS: viewer });
  ({ client } = gateway);
});
after(() => gateway?.stop());

/** The film as the body-part worker keeps it. */
const packed = () => sharp(hand).greyscale().resize(512).png().toBuffer();

const submitted = async () => (await client.submitRaw(hand, "image/jpeg")).body.id;

describe("a film's place", () => {
  test("is a number as JSON has it, and of a film that there is", async () => {
    const id = await submitted();
    const original = (film: string) => client.request(`/v1/analyses/${id}/films/${film}/original`);
    assert.equal((await original("0")).status, 200);
    for (const film of ["1", "16", "1000000", "0x0", "00", "+0", "%200", "-1", "0.5", "first"])
      Client.refused(await original(film), 404, "not-found");
    Client.refused(await client.request("/v1/analyses?limit=0x10"), 400, "validation-failed");
  });
});

test("an analysis that the client has is told so without a body, or the length of one", async () => {
  const path = `/v1/analyses/${await submitted()}`;
  const etag = (await client.request(path)).headers.get("etag") ?? "";
  const answer = await fetch(gateway.url + path, { headers: { "if-none-match": etag } });
  assert.deepEqual([answer.status, answer.headers.get("etag"), await answer.text()], [304, etag, ""]);
  for (const name of ["content-length", "content-type"]) assert.equal(answer.headers.get(name), null);
});

test("a file of the page that is none is not there, whatever may be asked of others", async () => {
  for (const path of ["/assets/nothing", "/docs/static/nothing"])
    for (const method of ["GET", "HEAD"]) {
      const answer = await fetch(gateway.url + path, { method });
      assert.deepEqual([answer.status, answer.headers.get("allow")], [404, null], `${method} ${path}`);
      await answer.arrayBuffer();
    }
});

test("the rendered reference shows the document that clients read", async () => {
  const [document, shown] = await Promise.all(
    ["/openapi.json", "/docs/json"].map(async (path) => await (await fetch(gateway.url + path)).text()),
  );
  assert.match(document ?? "", /^\{"openapi":"3\.1\.0"/);
  assert.equal(shown, document);
});

test("who asks for a tunnel is told that there is none", async () => {
  const answer = await exchange(gateway.url, "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\n");
  assert.deepEqual([answer?.status, problemOf(answer).code], [405, "method-not-allowed"]);
});

test("who asks for a tunnel and breaks the connection harms nobody else", async (t) => {
  // A gateway in a process of its own would end.
  const unheard: string[] = [];
  const hear = (error: Error) => unheard.push(error.message);
  process.on("uncaughtExceptionMonitor", hear);
  t.after(() => process.off("uncaughtExceptionMonitor", hear));
  for (let at = 0; at < 20; at++) {
    const { socket } = await RawConnection.open(gateway.url);
    socket.write("CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\n");
    if (at % 2 === 0) await once(socket, "data");
    socket.resetAndDestroy();
    assert.equal((await client.request("/livez")).status, 200);
  }
  assert.deepEqual(unheard, []);
});

test("a callback address that is too long is told so", async () => {
  const callbackUrl = `https://example.com/?${"x".repeat(2048)}`;
  const answer = await client.submit([{ name: "hand.jpg", bytes: hand }], { callbackUrl });
  Client.refused(answer, 422, "callback-refused");
  assert.match((answer.body as unknown as Problem).detail, /2048 characters/);
});

test("whoever asks whether the gateway is ready costs the store a call a second", async (t) => {
  const looks = t.mock.method(gateway.backbone.store, "list").mock;
  const answers = await Promise.all(Array.from({ length: 50 }, () => client.request("/readyz")));
  assert.ok(answers.every(({ status }) => status === 200));
  assert.ok(looks.callCount() >= 1 && looks.callCount() < 10, `${looks.callCount()} calls`);
});

describe("a film's pictures", () => {
  test("have no tag before they are there, and are not told to be there", async () => {
    const id = await submitted();
    const path = `/v1/analyses/${id}/films/0/thumbnail.jpg`;
    const early = await client.request(path);
    Client.refused(early, 404, "image-not-ready");
    assert.equal(early.headers.get("etag"), null);
    await gateway.backbone.analyses.ledger.putImage({ tenant: "default", id }, 0, await packed());
    const first = await fetch(gateway.url + path);
    assert.equal(first.status, 200);
    const headers = { "if-none-match": first.headers.get("etag") ?? "" };
    await first.arrayBuffer();
    assert.equal((await client.request(path, { headers })).status, 304);
    // The same film, and so the same tag, of an analysis whose picture is not there.
    const other = `/v1/analyses/${await submitted()}/films/0/thumbnail.jpg`;
    for (const condition of [headers["if-none-match"], "*"]) {
      const answer = await client.request(other, { headers: { "if-none-match": condition } });
      Client.refused(answer, 404, "image-not-ready");
      assert.equal(answer.headers.get("etag"), null);
    }
  });

  test("are not to come of a film that ended without one", async () => {
    const id = await submitted();
    const pictures = ["image.png", "thumbnail.jpg"].map((name) => `/v1/analyses/${id}/films/0/${name}`);
    for (const path of pictures) Client.refused(await client.request(path), 404, "image-not-ready");
    await gateway.backbone.analyses.filmFailed(
      { tenant: "default", id },
      0,
      new ProblemError("film-damaged"),
    );
    for (const path of pictures) Client.refused(await client.request(path), 404, "not-found");
    Client.refused(await client.request(`/v1/analyses/${id}/films/0/heatmap.png`), 404, "no-heatmap");
  });

  test("come in parts to GET alone", async () => {
    const path = `/v1/analyses/${await submitted()}/films/0/original`;
    for (const range of ["bytes=0-9", "bytes=99999999-"]) {
      const head = await fetch(gateway.url + path, { method: "HEAD", headers: { range } });
      assert.deepEqual(
        [head.status, head.headers.get("content-length"), head.headers.get("accept-ranges")],
        [200, String(hand.length), "bytes"],
      );
    }
    assert.equal((await fetch(gateway.url + path, { headers: { range: "bytes=0-9" } })).status, 206);
    const none = await client.request(path, { headers: { range: "bytes=99999999-" } });
    Client.refused(none, 416, "range-not-satisfiable");
    assert.equal(none.headers.get("etag"), null);
  });
});

describe("a host", () => {
  test("is named once", async () => {
    const { host } = new URL(gateway.url);
    const get = (...lines: string[]) =>
      exchange(gateway.url, `${["GET /livez HTTP/1.1", ...lines].join("\r\n")}\r\n\r\n`);
    assert.equal((await get(`Host: ${host}`))?.status, 200);
    for (const second of [`host: ${host}`, "HOST: elsewhere.example", "Host:"]) {
      const answer = await get(`Host: ${host}`, second);
      assert.deepEqual([answer?.status, problemOf(answer).code], [400, "bad-request"]);
    }
  });
});

describe("an id", () => {
  test("that nothing can have is of nothing, however long", async () => {
    for (const path of ["analyses/first", "analyses/first/films/0/original"])
      Client.refused(await client.request(`/v1/${path}`), 404, "analysis-not-found");
    const long = "x".repeat(300);
    for (const path of [`analyses/${long}`, `analyses/${long}/films/0/original`, `webhooks/${long}`])
      Client.refused(await client.request(`/v1/${path}`), 404, "not-found");
  });

  test("is the same in upper case", async () => {
    const id = await submitted();
    const upper = `/v1/analyses/${id.toUpperCase()}`;
    const got = await client.request<Analysis>(upper);
    assert.deepEqual([got.status, got.body.id], [200, id]);
    assert.equal((await client.request(`${upper}/films/0/original`)).status, 200);
    const cancelled = await client.request<Analysis>(`${upper}/cancel`, { method: "POST" });
    assert.deepEqual([cancelled.status, cancelled.body.id], [200, id]);
    const predicted = await client.request("/predict", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ filename: `${id.toUpperCase()}.jpg` }),
    });
    Client.refused(predicted, 409, "analysis-cancelled");
    assert.equal((await client.request(upper, { method: "DELETE" })).status, 204);
  });
});

describe("the licences of the page", () => {
  test("come beside it, as text: of each library that it is built of, with its version", async () => {
    const answer = await fetch(`${gateway.url}/licences`);
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get("content-type") ?? "", /^text\/plain/);
    const [, ...sections] = (await answer.text()).split(/^## /m);
    const titles = sections.map((section) => section.slice(0, section.indexOf("\n")));
    const libraries = Object.entries(web.dependencies).filter(([name]) => !name.startsWith("@osteon/"));
    assert.ok(libraries.length > 5);
    for (const [name, version] of libraries)
      assert.ok(
        titles.some((title) => title.startsWith(`${name} - ${version} (`)),
        name,
      );
    // What is in the public domain asks for nothing.
    for (const section of sections) assert.match(section, /copyright|\(Unlicense\)/i, section);
  });
});

describe("the rules", () => {
  const rules = (accept?: string) =>
    client.request("/rules", { headers: { origin: viewer, ...(accept === undefined ? {} : { accept }) } });

  test("come as what is wanted most", async () => {
    const types = new Map([
      ["text/html,application/xhtml+xml,*/*;q=0.8", "text/html"],
      ["*/*", "text/html"],
      ["application/json", "application/json"],
      ["application/json; charset=utf-8", "application/json"],
      ["Application/JSON", "application/json"],
      ["application/*", "application/json"],
      ["application/*;q=0.5, TEXT/*", "text/html"],
      ["application/json, text/plain, */*", "application/json"],
      ["text/html;q=0.5, application/json", "application/json"],
      ["application/json;q=0.5, text/html", "text/html"],
      ["text/html, application/json;q=0", "text/html"],
    ]);
    for (const [accept, type] of types)
      assert.ok((await rules(accept)).headers.get("content-type")?.startsWith(type), accept);
  });

  test("differ by who asks as well", async () => {
    assert.match((await rules()).headers.get("vary") ?? "", /origin.*accept/i);
  });
});

describe("a page of another origin", () => {
  test("may read why it was refused at the door, and what it may read of an answer", async () => {
    const answer = await exchange(
      gateway.url,
      `GET /livez HTTP/1.1\r\nHost: ${new URL(gateway.url).host}\r\nOrigin: ${viewer}\r\nExpect: a-miracle\r\n\r\n`,
    );
    assert.deepEqual([answer?.status, problemOf(answer).code], [417, "expectation-failed"]);
    assert.equal(answer?.headers["access-control-allow-origin"], viewer);
    const exposed = answer?.headers["access-control-expose-headers"]?.split(/, */) ?? [];
    for (const name of ["accept-ranges", "allow", "content-range", "preference-applied"])
      assert.ok(exposed.includes(name), name);
  });
});
