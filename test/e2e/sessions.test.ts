import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Client } from "../support/client.js";
import { filmBytes, testFilms } from "../support/films.js";
import { startTestSystem, type TestSystem } from "../support/system.js";
import { until } from "../support/until.js";

const film = filmBytes(testFilms(1, "hand")[0]?.file ?? "");
let system: TestSystem;
before(async () => {
  system = await startTestSystem({ counts: { gateway: 2 }, env: { AUTH: "keys" } });
});
after(() => system?.stop());

interface SessionView {
  auth: string;
  signedIn: boolean;
  tenant?: string;
  key?: string;
  scopes: string[];
}

/** As a page of the gateway's own origin sends it. */
const fromPage = { "x-osteon-page": "1", "sec-fetch-site": "same-origin" };

function signIn(key: string, headers: Record<string, string> = fromPage, client = system.client) {
  return client.request<SessionView>("/v1/session", {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ key }),
  });
}

function submit(cookie: string, headers: Record<string, string>) {
  return system.client.request("/v1/analyses", {
    method: "POST",
    headers: { cookie, "content-type": "image/jpeg", ...headers },
    body: Uint8Array.from(film),
  });
}

/** `name=value` of the cookie that was set. */
const cookieOf = (headers: Headers) => headers.get("set-cookie")?.split(";")[0] ?? "";

describe("a session", () => {
  test("is opened with a key, may do what the key may, and is held by a cookie that no script reads", async () => {
    const { text } = await system.ring.create({
      tenant: "a",
      name: "Reading room",
      scopes: ["submit", "read"],
    });
    const { status, body, headers } = await signIn(text);
    assert.equal(status, 200);
    assert.deepEqual([body.signedIn, body.tenant, body.scopes], [true, "a", ["submit", "read"]]);
    const set = headers.get("set-cookie") ?? "";
    assert.match(set, /^__Host-osteon=[\w-]{43};/);
    for (const flag of ["HttpOnly", "Secure", "SameSite=Strict", "Path=/", "Max-Age=28800"]) {
      assert.ok(set.includes(flag), `${flag} in ${set.replace(/=[\w-]{43}/, "")}`);
    }
    const cookie = cookieOf(headers);
    assert.equal((await submit(cookie, fromPage)).status, 202);
    Client.refused(await system.client.request("/metrics", { headers: { cookie } }), 403, "scope-missing");
    // Every gateway knows it.
    const other = new Client(system.running.named("gateway")[1]?.address ?? "");
    const { body: there } = await other.request<SessionView>("/v1/session", { headers: { cookie } });
    assert.deepEqual([there.signedIn, there.tenant], [true, "a"]);
  });

  test("changes nothing for another site, which has the cookie only by the reader's browser", async () => {
    const { text } = await system.ring.create({ tenant: "a", name: "", scopes: ["submit", "read"] });
    const { headers } = await signIn(text);
    const cookie = cookieOf(headers);
    const host = new URL(system.client.url).host;
    const refused: Record<string, string>[] = [
      {},
      { "sec-fetch-site": "same-origin" },
      { "x-osteon-page": "1" },
      { "x-osteon-page": "1", "sec-fetch-site": "cross-site" },
      { "x-osteon-page": "1", "sec-fetch-site": "same-site" },
      { "x-osteon-page": "1", "sec-fetch-site": "none" },
      { "x-osteon-page": "1", origin: "https://elsewhere.example" },
      { "x-osteon-page": "1", origin: "null" },
      { "x-osteon-page": "1", "sec-fetch-site": "cross-site", origin: `http://${host}` },
    ];
    for (const from of refused) Client.refused(await submit(cookie, from), 403, "cross-site");
    for (const from of refused) Client.refused(await signIn(text, from), 403, "cross-site");
    assert.equal((await submit(cookie, { "x-osteon-page": "1", origin: `http://${host}` })).status, 202);
    // A program's key needs none of that, and goes before a cookie.
    const asProgram = await submit(cookie, { authorization: `Bearer ${text}` });
    assert.equal(asProgram.status, 202);
  });

  test("is not opened with a wrong key, and ends by signing out, with its key, and with Redis", async () => {
    Client.refused(await signIn("osk_wrong"), 401, "key-invalid");
    Client.refused(await signIn(""), 401, "key-invalid");
    const { text, record } = await system.ring.create({ tenant: "a", name: "", scopes: ["read"] });
    const list = async (cookie: string) =>
      system.client.request("/v1/analyses", { headers: { cookie, ...fromPage } });
    const [first, second, third] = await Promise.all([signIn(text), signIn(text), signIn(text)]);
    const [one, two, three] = [first, second, third].map(({ headers }) => cookieOf(headers));
    assert.ok(one && two && three);

    const out = await system.client.request("/v1/session", {
      method: "DELETE",
      headers: { cookie: one, ...fromPage },
    });
    assert.equal(out.status, 204);
    assert.match(out.headers.get("set-cookie") ?? "", /__Host-osteon=;.*(Max-Age=0|1970)/);
    Client.refused(await list(one), 401, "session-over");
    assert.equal((await list(two)).status, 200, "another session of the key goes on");

    await system.wipeRedis();
    Client.refused(await list(two), 401, "session-over");

    const { headers } = await signIn(text);
    const last = cookieOf(headers);
    await system.ring.revoke(record.id);
    // A gateway believes a key's record for ten seconds.
    await until("the revoked key's session is over", 30, async () => {
      const { status } = await list(last);
      assert.ok(status === 200 || status === 401, `it answers ${status}`);
      return status === 401;
    });
    Client.refused(await list(last), 401, "session-over");
    const { body } = await system.client.request<SessionView>("/v1/session", { headers: { cookie: last } });
    assert.equal(body.signedIn, false);
  });

  test("hears of its own tenant's changes alone, over one stream", async () => {
    const open = async (tenant: string) => {
      const { text } = await system.ring.create({ tenant, name: "", scopes: ["submit", "read"] });
      const cookie = cookieOf((await signIn(text)).headers);
      const stop = new AbortController();
      const answer = await fetch(`${system.client.url}/v1/events`, {
        headers: { cookie },
        signal: stop.signal,
      });
      assert.equal(answer.headers.get("content-type"), "text/event-stream");
      assert.ok(answer.body);
      return { cookie, stop, events: eventsOf(answer.body) };
    };
    const [a, b] = await Promise.all([open("stream-a"), open("stream-b")]);
    for (const { events } of [a, b]) assert.deepEqual((await events.next()).value?.type, "missed");
    const { body } = (await submit(a.cookie, fromPage)) as { body: { id: string } };
    const seen: string[] = [];
    for await (const { type, data } of a.events) {
      if (type === "alive") continue;
      assert.deepEqual([type, data.id], ["analysis", body.id]);
      seen.push(String(data.status));
      if (data.status === "completed") break;
    }
    assert.equal(seen.at(-1), "completed");
    // What b hears first is its own.
    const own = (await submit(b.cookie, fromPage)) as { body: { id: string } };
    for await (const { type, data } of b.events) {
      if (type === "alive") continue;
      assert.deepEqual([type, data.id], ["analysis", own.body.id]);
      break;
    }
    for (const { stop } of [a, b]) stop.abort();
  });

  test("is not taken for another of the same browser; its stream ends with it", async () => {
    const [old, next] = await Promise.all(
      ["old", "next"].map((tenant) => system.ring.create({ tenant, name: "", scopes: ["submit", "read"] })),
    );
    assert.ok(old && next);
    const cookie = cookieOf((await signIn(old.text)).headers);
    const answer = await fetch(`${system.client.url}/v1/events`, { headers: { cookie } });
    assert.ok(answer.body);
    const events = eventsOf(answer.body);
    assert.equal((await events.next()).value?.type, "missed");
    const { body, headers } = await signIn(next.text, { ...fromPage, cookie });
    assert.equal(body.key, next.record.id);
    // A tab that did not hear of it still believes in the one before.
    const stale = await submit(cookieOf(headers), { ...fromPage, "x-osteon-session": old.record.id });
    Client.refused(stale, 401, "session-over");
    const own = await submit(cookieOf(headers), { ...fromPage, "x-osteon-session": next.record.id });
    assert.equal(own.status, 202);
    // The session that the browser forgot is over, and its stream with the next beat.
    Client.refused(await submit(cookie, fromPage), 401, "session-over");
    for await (const { type } of events) assert.equal(type, "alive");
  });
});

/** Server-sent events as they come. */
async function* eventsOf(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<{ type: string; data: Record<string, unknown> }> {
  let text = "";
  const decoder = new TextDecoder();
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += decoder.decode(value, { stream: true });
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const block = text.slice(0, end);
      text = text.slice(end + 2);
      const [, type] = /^event: (.*)$/m.exec(block) ?? [];
      const [, data] = /^data: (.*)$/m.exec(block) ?? [];
      if (type !== undefined && data !== undefined) yield { type, data: JSON.parse(data) };
    }
  }
}
