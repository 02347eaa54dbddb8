import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { appRoutes } from "@bull-board/api/dist/routes.js";
import { Client } from "../support/client.js";
import { failedJob } from "../support/failed-job.js";
import { exchange } from "../support/raw-http.js";
import { startTestSystem, type TestSystem } from "../support/system.js";

const base = "/operate/queues";

interface BoardQueues {
  queues: {
    name: string;
    readOnlyMode: boolean;
    isPaused: boolean;
    counts: Record<string, number>;
    jobs: { id: string; failedReason: string; data: Record<string, unknown> }[];
  }[];
}

let system: TestSystem;
let keys: Record<"reader" | "admin", string>;
before(async () => {
  system = await startTestSystem({ env: { AUTH: "keys" } });
  keys = {
    reader: await system.key("a", "submit", "read", "webhooks"),
    admin: await system.key("a", "admin"),
  };
});
after(() => system?.stop());

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const basic = (key: string) => ({ authorization: `Basic ${Buffer.from(`me:${key}`).toString("base64")}` });
const ask = <T>(place: string, headers: Record<string, string> = {}, method = "GET") =>
  system.client.request<T>(place, { method, headers });

describe("the queues' page", () => {
  test("is for keys with the scope admin, at each of its addresses", async () => {
    const file = /static\/js\/[^"]+/.exec((await ask<string>(base, bearer(keys.admin))).body)?.[0];
    assert.ok(file);
    for (const place of ["", "/", "/queue/fracture", "/api/queues", "/api/redis/stats", `/${file}`]) {
      Client.refused(await ask(base + place), 401, "key-missing");
      Client.refused(await ask(base + place, bearer("osk_wrong")), 401, "key-invalid");
      Client.refused(await ask(base + place, basic("osk_wrong")), 401, "key-invalid");
      Client.refused(await ask(base + place, bearer(keys.reader)), 403, "scope-missing");
      Client.refused(await ask(base + place, basic(keys.reader)), 403, "scope-missing");
      assert.equal((await ask(base + place, bearer(keys.admin))).status, 200, place);
      assert.equal((await ask(base + place, basic(keys.admin))).status, 200, place);
    }
  });

  test("lets a browser ask for the key where it is opened, and takes that way nowhere else", async () => {
    // Not by fetch, which says of itself that it opens nothing.
    const challenge = async (place: string, ...headers: string[]) => {
      const head = [`GET ${place} HTTP/1.1`, "host: localhost", ...headers, "", ""].join("\r\n");
      return (await exchange(system.client.url, head))?.headers["www-authenticate"] ?? "";
    };
    assert.match(await challenge(base), /Basic realm=/);
    assert.match(await challenge(base, "sec-fetch-mode: navigate"), /Basic realm=/);
    assert.equal(await challenge(`${base}/api/queues`, "sec-fetch-mode: cors"), "Bearer");
    assert.equal(await challenge("/v1/operate"), "Bearer");
    Client.refused(await ask("/v1/operate", basic(keys.admin)), 401, "key-missing");
    Client.refused(await ask("/metrics", basic(keys.admin)), 401, "key-missing");
  });

  test("is opened by the session of a person at the page too", async () => {
    const { headers } = await system.client.request("/v1/session", {
      method: "POST",
      headers: { "content-type": "application/json", "x-osteon-page": "1", "sec-fetch-site": "same-origin" },
      body: JSON.stringify({ key: keys.admin }),
    });
    const cookie = headers.get("set-cookie")?.split(";")[0] ?? "";
    assert.equal((await ask(`${base}/api/queues`, { cookie })).status, 200);
  });

  test("names no other site, and is held by a policy", async () => {
    const { body: text, headers } = await ask<string>(base, bearer(keys.admin));
    assert.doesNotMatch(text, /\bhttps?:|style=|<style/);
    const policy = headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /script-src 'self';/);
    assert.doesNotMatch(policy, /unsafe|\*/);
    assert.equal(headers.get("cache-control"), "no-store");
  });

  test("shows a failed job with its reason and ids, and nothing that was found on a film", async () => {
    const id = await failedJob(system);
    const { body } = await ask<BoardQueues>(
      `${base}/api/queues?activeQueue=fracture&status=failed`,
      bearer(keys.admin),
    );
    assert.deepEqual(
      body.queues.map(({ name }) => name),
      ["bodypart", "fracture", "reclassify", "reexamine", "webhook"],
    );
    const [job] = body.queues.flatMap(({ jobs }) => jobs).filter((each) => each.id === id);
    assert.match(job?.failedReason ?? "", /^processing-failed/);
    assert.equal(job?.data.tenant, "ward");
    assert.deepEqual(
      Object.keys(job?.data ?? {}).filter((name) => /bodyPart$|bone|model|image/.test(name)),
      [],
    );
    const { body: alone } = await ask<{ job: { data: object } }>(
      `${base}/api/queues/fracture/${id}`,
      bearer(keys.admin),
    );
    assert.deepEqual(alone.job.data, job?.data);
    Client.refused(await ask(`${base}/api/queues/fracture/none`, bearer(keys.admin)), 404, "not-found");
    Client.refused(
      await ask(`${base}/api/queues?jobsPerPage=1000000`, bearer(keys.admin)),
      400,
      "validation-failed",
    );
  });

  test("changes nothing: none of Bull Board's calls that write is there", async () => {
    const id = await failedJob(system);
    const writing = appRoutes.api.flatMap(({ method, route }) =>
      [method]
        .flat()
        .flatMap((each) => (each === "get" ? [] : [route].flat().map((path) => ({ each, path })))),
    );
    assert.ok(writing.length > 20);
    for (const { each, path } of writing) {
      const place = path
        .replace(":queueName", "fracture")
        .replace(":jobId", id)
        .replace(":queueStatus", "failed")
        .replace(/:\w+/g, "x");
      const { status } = await ask(base + place, bearer(keys.admin), each.toUpperCase());
      assert.ok([404, 405].includes(status), `${each} ${path}: ${status}`);
    }
    const { body } = await ask<BoardQueues>(`${base}/api/queues`, bearer(keys.admin));
    const fracture = body.queues.find(({ name }) => name === "fracture");
    assert.deepEqual([fracture?.readOnlyMode, fracture?.isPaused], [true, false]);
    assert.ok((fracture?.counts.failed ?? 0) > 0);
  });

  test("is no part of the contract", async () => {
    const { body } = await ask<{ paths: object }>("/openapi.json");
    assert.deepEqual(
      Object.keys(body.paths).filter((each) => each.startsWith(base)),
      [],
    );
  });
});
