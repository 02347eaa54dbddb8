import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import type { Analysis } from "@osteon/shared";
import { Client } from "../support/client.js";
import { filmBytes, testFilms } from "../support/films.js";
import { startTestSystem, type TestSystem } from "../support/system.js";

const hand = filmBytes(testFilms(1, "hand")[0]?.file ?? "");
let system: TestSystem;
let keys: Record<"a" | "b" | "reader" | "admin", string>;
before(async () => {
  system = await startTestSystem({ env: { AUTH: "keys", LOG_LEVEL: "trace" } });
  keys = {
    a: await system.key("a", "submit", "read"),
    b: await system.key("b", "submit", "read", "webhooks"),
    reader: await system.key("a", "read"),
    admin: await system.key("a", "admin"),
  };
});
after(() => system?.stop());

const ask = <T>(key: string | undefined, path: string, init: RequestInit = {}) =>
  new Client(system.client.url, key).request<T>(path, init);
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
    const end = await new Client(system.client.url, keys.reader).ended(body.id);
    assert.equal(end.status, "completed");
    for (const [method, path] of [
      ["GET", ""],
      ["GET", "/events"],
      ["POST", "/cancel"],
      ["DELETE", ""],
      ["GET", "/films/0/image.png"],
      ["GET", "/films/0/thumbnail.jpg"],
      ["GET", "/films/0/heatmap.png"],
      ["GET", "/films/0/original"],
      ["GET", "/deliveries"],
      ["POST", "/redeliver"],
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

  test("no log tells what a film is called, whose it is, or by which key it came", async () => {
    const [name, reference] = ["Mustermann-Erika.jpg", "ward seven, Mustermann"];
    const client = new Client(system.client.url, keys.a);
    const { body } = await client.submit([{ name, bytes: hand }], { reference });
    await client.ended(body.id);
    const query = `reference=${encodeURIComponent(reference)}`;
    assert.equal((await client.request(`/v1/analyses?${query}`)).status, 200);
    Client.refused(
      await client.submit([{ name, bytes: Buffer.from("no film") }], { reference }),
      415,
      "media-type-unsupported",
    );
    const other = new Client(system.client.url, "osk_made_up");
    Client.refused(await other.submit([{ name, bytes: hand }], { reference }), 401, "key-invalid");
    await system.settled();
    const folder = path.join(system.running.dataDir, "logs");
    const logs = await Promise.all(
      (await readdir(folder)).map((log) => readFile(path.join(folder, log), "utf8")),
    );
    assert.ok(logs.length >= 4);
    assert.match(logs.join("\n"), /multipart parsing/, "what is logged is of these calls");
    for (const text of logs) assert.doesNotMatch(text, /Mustermann|Erika|ward seven|osk_/i);
  });
});
