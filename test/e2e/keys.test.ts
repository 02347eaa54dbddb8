import assert from "node:assert/strict";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { type Analysis, FileStore, KeyRing, type Scope } from "@osteon/shared";
import { Client } from "../support/client.js";
import { filmBytes, testFilms } from "../support/films.js";
import { startTestSystem, type TestSystem } from "../support/system.js";

const hand = filmBytes(testFilms(1, "hand")[0]?.file ?? "");
let system: TestSystem;
let keys: Record<"a" | "b" | "reader" | "admin", string>;
before(async () => {
  system = await startTestSystem({ env: { AUTH: "keys" } });
  const ring = new KeyRing(new FileStore(path.join(system.running.dataDir, "store")));
  const make = async (tenant: string, ...scopes: Scope[]) =>
    (await ring.create({ tenant, name: "", scopes })).text;
  keys = {
    a: await make("a", "submit", "read"),
    b: await make("b", "submit", "read"),
    reader: await make("a", "read"),
    admin: await make("a", "admin"),
  };
});
after(() => system?.stop());

const ask = <T>(key: string | undefined, path: string, init: RequestInit = {}) =>
  system.client.request<T>(path, {
    ...init,
    headers: {
      ...(init.headers as Record<string, string>),
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    },
  });
const submit = (key: string | undefined) =>
  ask<Analysis>(key, "/v1/analyses", {
    method: "POST",
    body: Uint8Array.from(hand),
    headers: { "content-type": "image/jpeg" },
  });

describe("with keys on", () => {
  test("every call of the contract needs one; health, rules and reference do not", async () => {
    const id = "01970000-0000-7000-8000-000000000000";
    const calls: [string, string][] = [
      ["POST", "/v1/analyses"],
      ["GET", "/v1/analyses"],
      ["GET", `/v1/analyses/${id}`],
      ["GET", `/v1/analyses/${id}/events`],
      ["POST", `/v1/analyses/${id}/cancel`],
      ["DELETE", `/v1/analyses/${id}`],
      ["GET", `/v1/analyses/${id}/films/0/image.png`],
      ["GET", `/v1/analyses/${id}/films/0/thumbnail.jpg`],
      ["GET", `/v1/analyses/${id}/films/0/heatmap.png`],
      ["GET", `/v1/analyses/${id}/films/0/original`],
      ["GET", `/v1/analyses/${id}/deliveries`],
      ["POST", `/v1/analyses/${id}/redeliver`],
      ["POST", "/v1/webhooks"],
      ["GET", "/v1/webhooks"],
      ["GET", `/v1/webhooks/${id}`],
      ["PATCH", `/v1/webhooks/${id}`],
      ["DELETE", `/v1/webhooks/${id}`],
      ["POST", `/v1/webhooks/${id}/rotate-secret`],
      ["POST", `/v1/webhooks/${id}/test`],
      ["GET", `/v1/webhooks/${id}/deliveries`],
      ["GET", `/v1/webhooks/${id}/deliveries/x`],
      ["POST", `/v1/webhooks/${id}/deliveries/x/redeliver`],
      ["POST", `/v1/webhooks/${id}/redeliver`],
      ["GET", "/v1/models"],
      ["GET", "/v1/models/bodypart/card"],
      ["POST", "/v1/models/reload"],
      ["GET", "/v1/events"],
      ["GET", "/v1/operate"],
      ["POST", "/upload"],
      ["POST", "/predict"],
      ["GET", "/metrics"],
    ];
    for (const [method, path] of calls) {
      const missing = await ask(undefined, path, { method });
      Client.refused(missing, 401, "key-missing");
      assert.equal(missing.headers.get("www-authenticate"), "Bearer");
      Client.refused(await ask("osk_made_up", path, { method }), 401, "key-invalid");
    }
    for (const path of [
      "/livez",
      "/readyz",
      "/rules",
      "/licences",
      "/openapi.json",
      "/docs",
      "/",
      "/v1/session",
      "/history",
    ]) {
      assert.equal((await ask(undefined, path)).status, 200, path);
    }
  });

  test("a key may do what its scopes say", async () => {
    Client.refused(await submit(keys.reader), 403, "scope-missing");
    Client.refused(await ask(keys.a, "/metrics"), 403, "scope-missing");
    Client.refused(await ask(keys.a, "/v1/models/reload", { method: "POST" }), 403, "scope-missing");
    assert.equal((await ask(keys.admin, "/metrics")).status, 200);
  });

  test("a tenant sees only its own, everywhere", async () => {
    const { body } = await submit(keys.a);
    const end = await ask<Analysis>(keys.reader, `/v1/analyses/${body.id}?wait=30`);
    assert.equal(end.body.status, "completed");
    for (const [method, path] of [
      ["GET", ""],
      ["GET", "/events"],
      ["POST", "/cancel"],
      ["DELETE", ""],
      ["GET", "/films/0/image.png"],
      ["GET", "/films/0/thumbnail.jpg"],
      ["GET", "/films/0/heatmap.png"],
      ["GET", "/films/0/original"],
    ] as const) {
      Client.refused(
        await ask(keys.b, `/v1/analyses/${body.id}${path}`, { method }),
        404,
        "analysis-not-found",
      );
    }
    assert.deepEqual((await ask<{ data: Analysis[] }>(keys.b, "/v1/analyses")).body.data, []);
    assert.deepEqual(
      (await ask<{ data: Analysis[] }>(keys.a, "/v1/analyses")).body.data.map((each) => each.id),
      [body.id],
    );
    const predicted = await ask(keys.b, "/predict", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ filename: `${body.id}.jpg` }),
    });
    Client.refused(predicted, 404, "analysis-not-found");
  });
});
