import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  type Analysis,
  deliveryName,
  type WebhookDelivery,
  type WebhookEndpoint,
  webhookId,
} from "@osteon/shared";
import { Client } from "../support/client.js";
import { type Registered, TenantClient } from "../support/endpoints.js";
import { filmBytes, testFilms } from "../support/films.js";
import { Receiver } from "../support/receiver.js";
import { startTestSystem, type TestSystem, webhookSecret } from "../support/system.js";

const film = filmBytes(testFilms(1, "leg")[0]?.file ?? "");
const commandLine = fileURLToPath(new URL("../../../packages/cli/dist/src/main.js", import.meta.url));
const inQuery = "token-that-no-log-may-hold";

let system: TestSystem;
/** One tenant at each of two gateways, and another. */
let here: TenantClient;
let there: TenantClient;
let other: TenantClient;
let reader: TenantClient;
let operator: TenantClient;
const registered: Registered[] = [];
const secrets: string[] = [];

before(async () => {
  system = await startTestSystem({
    counts: { gateway: 2 },
    env: {
      AUTH: "keys",
      LOG_LEVEL: "trace",
      JOB_LOCK_MS: "2000",
      RECONCILE_SECONDS: "2",
      // No try may end by itself while a test holds its answer back.
      WEBHOOK_TIMEOUT_SECONDS: "100",
      WEBHOOK_CONCURRENCY: "32",
      MAX_WEBHOOKS: "8",
    },
  });
  const [first, second] = system.running.named("gateway").map(({ health }) => health ?? "");
  assert.ok(first && second);
  const own = await system.key("a", "submit", "read", "webhooks");
  here = new TenantClient(first, own);
  there = new TenantClient(second, own);
  other = new TenantClient(second, await system.key("b", "submit", "read", "webhooks"));
  reader = new TenantClient(first, await system.key("a", "submit", "read"));
  operator = new TenantClient(first, await system.key("a", "admin"));
});
after(async () => {
  await Promise.all(registered.map(({ receiver }) => receiver.stop()));
  await system?.stop();
});

/** Runs `use` with new endpoints of the tenant, and deletes them afterwards. */
async function withEndpoints(
  count: number,
  use: (...endpoints: Registered[]) => Promise<void>,
  settings: { events?: string[] } = {},
): Promise<void> {
  const made: Registered[] = [];
  for (let at = 0; at < count; at += 1) made.push(await here.register(settings));
  registered.push(...made);
  for (const { receiver } of made) secrets.push(...receiver.secrets);
  try {
    await use(...made);
  } finally {
    await Promise.all(made.map(({ receiver }) => receiver.stop()));
    await clear();
  }
}

/** Deletes all endpoints of the tenant. */
async function clear(): Promise<void> {
  const { body } = await here.call<{ data: WebhookEndpoint[] }>("GET", "/v1/webhooks");
  for (const { id } of body.data) assert.equal((await here.call("DELETE", `/v1/webhooks/${id}`)).status, 204);
}

const ids = ({ receiver }: Registered) => receiver.deliveries.map(({ id }) => id);
const messageOf = (id: string) => webhookId(id, "completed");
const delivered = ({ status }: WebhookDelivery) => status === "delivered";

describe("endpoints", () => {
  test("are made at one gateway and known at the other; the secret is shown once", async () => {
    const created = await here.create({
      url: `http://127.0.0.1:9999/x?${inQuery}`,
      description: "the archive",
      events: ["analysis.failed"],
    });
    assert.equal(created.status, 201);
    assert.equal(created.headers.get("location"), `/v1/webhooks/${created.body.id}`);
    assert.equal(created.headers.get("cache-control"), "no-store");
    const { secret, ...shown } = created.body;
    assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
    assert.deepEqual((await there.endpoint(shown.id)).body, shown);
    assert.deepEqual((await there.call<{ data: WebhookEndpoint[] }>("GET", "/v1/webhooks")).body.data, [
      shown,
    ]);
    assert.deepEqual(
      [shown.enabled, shown.description, shown.events],
      [true, "the archive", ["analysis.failed"]],
    );

    const place = `/v1/webhooks/${shown.id}`;
    const meddling = await there.call("PATCH", place, { enabled: false, tenant: "b", secrets: [] });
    Client.refused(meddling, 400, "validation-failed");
    const changed = await there.call<WebhookEndpoint>("PATCH", place, { enabled: false, description: "" });
    assert.equal(changed.status, 200);
    assert.deepEqual([changed.body.enabled, changed.body.disabled?.reason], [false, "asked"]);
    assert.equal("secrets" in changed.body, false);
    await system.wipeRedis();
    assert.deepEqual((await here.endpoint(shown.id)).body, changed.body, "they survive a wiped Redis");
    const enabled = await here.call<WebhookEndpoint>("PATCH", place, { enabled: true });
    assert.deepEqual([enabled.body.enabled, enabled.body.disabled], [true, undefined]);

    const stored = await readFile(
      path.join(system.running.dataDir, "store", "webhooks", "a", shown.id, "endpoint.json"),
      "utf8",
    );
    assert.ok(!stored.includes(secret) && !stored.includes(secret.slice(6)), "the store holds no secret");
    assert.equal((await here.call("DELETE", `/v1/webhooks/${shown.id}`)).status, 204);
    Client.refused(await there.endpoint(shown.id), 404, "webhook-not-found");
  });

  test("another tenant's are unknown, and the scope is needed", async () => {
    await withEndpoints(1, async ({ id }) => {
      const calls: [string, string, object?][] = [
        ["GET", ""],
        ["PATCH", "", { enabled: false }],
        ["DELETE", ""],
        ["POST", "/rotate-secret", {}],
        ["POST", "/test"],
        ["GET", "/deliveries"],
        ["GET", `/deliveries/${messageOf(id)}`],
        ["POST", `/deliveries/${messageOf(id)}/redeliver`],
        ["POST", "/redeliver", { since: "2020-01-01T00:00:00Z" }],
      ];
      for (const [method, call, body] of calls) {
        Client.refused(await other.call(method, `/v1/webhooks/${id}${call}`, body), 404, "webhook-not-found");
        Client.refused(await reader.call(method, `/v1/webhooks/${id}${call}`, body), 403, "scope-missing");
        Client.refused(
          await here.call(method, `/v1/webhooks/${"x".repeat(36)}${call}`, body),
          404,
          "webhook-not-found",
        );
      }
      assert.deepEqual((await other.call<{ data: unknown[] }>("GET", "/v1/webhooks")).body.data, []);
    });
  });

  test("have a cap, also where two gateways make many at once", async () => {
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, at) =>
        (at % 2 === 0 ? here : there).create({ url: "http://127.0.0.1:9999/" }),
      ),
    );
    const made = answers.filter(({ status }) => status === 201);
    assert.equal(made.length, 8);
    for (const answer of answers) if (answer.status !== 201) Client.refused(answer, 409, "too-many-webhooks");
    await clear();
    assert.deepEqual((await here.call<{ data: unknown[] }>("GET", "/v1/webhooks")).body.data, []);
  });

  test("that lead inside, or are no address, are refused when made and when changed", async () => {
    await withEndpoints(1, async ({ id }) => {
      for (const url of [
        "http://10.0.0.1/",
        "http://0xa9fea9fe/latest/meta-data/",
        "http://[::ffff:192.168.1.1]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://user:pass@example.com/",
        "http://example.com:25/",
        "ftp://example.com/",
        "nonsense",
      ]) {
        Client.refused(await here.create({ url }), 422, "callback-refused");
        Client.refused(await here.call("PATCH", `/v1/webhooks/${id}`, { url }), 422, "callback-refused");
      }
      for (const body of [{}, { url: "" }, { url: "https://example.com/", events: [] }]) {
        Client.refused(await here.call("POST", "/v1/webhooks", body), 400, "validation-failed");
      }
      const unknown = { url: "https://example.com/", events: ["analysis.begun"] };
      Client.refused(await here.call("POST", "/v1/webhooks", unknown), 400, "validation-failed");
    });
  });
});

describe("an analysis's end", () => {
  test("reaches the callback and each endpoint that asks, under one id, each with its own signature", async () => {
    const callback = await Receiver.start(webhookSecret);
    await withEndpoints(2, async (one, two) => {
      await here.call("PATCH", `/v1/webhooks/${two.id}`, { url: `${two.receiver.url}?${inQuery}` });
      const deaf = await there.register({ events: ["analysis.failed", "analysis.cancelled"] });
      registered.push(deaf);
      const id = await here.submit(film, `${callback.url}?${inQuery}`);
      const analysis = await there.ended(id);
      await Promise.all([callback, one.receiver, two.receiver].map((each) => each.accepted([id])));
      for (const receiver of [callback, one.receiver, two.receiver]) {
        assert.equal(receiver.deliveries[0]?.id, messageOf(id));
        assert.deepEqual(receiver.deliveries[0]?.event.data, analysis);
      }
      await system.settled();
      const seen = await there.call<{ data: WebhookDelivery[] }>("GET", `/v1/analyses/${id}/deliveries`);
      assert.deepEqual(
        seen.body.data.map(({ webhook, status, attempts }) => [webhook, status, attempts[0]?.status]),
        [
          [undefined, "delivered", 204],
          [one.id, "delivered", 204],
          [two.id, "delivered", 204],
        ],
      );
      assert.equal(deaf.receiver.deliveries.length, 0);
      Client.refused(await other.call("GET", `/v1/analyses/${id}/deliveries`), 404, "analysis-not-found");
      assert.equal((await here.call("POST", `/v1/analyses/${id}/redeliver`)).status, 202);
      assert.equal((await callback.received(2)).id, messageOf(id));
      await system.settled();

      const before = await system.snapshot();
      assert.ok(before.objects.some((name) => name.includes("deliveries/")));
      assert.equal((await here.call("DELETE", `/v1/analyses/${id}`)).status, 204);
      const { objects, keys } = await system.snapshot();
      assert.deepEqual(
        objects.filter((name) => name.endsWith(".json") && !/keys|endpoint\.json/.test(name)),
        [],
        "erasing an analysis erases its deliveries",
      );
      assert.deepEqual(
        keys.filter((key) => !key.includes(":erased:")),
        [],
      );
    });
    await callback.stop();
  });

  test("is signed by both secrets while one changes over, and by the new one alone without an overlap", async () => {
    await withEndpoints(1, async ({ id, receiver }) => {
      const [old = ""] = receiver.secrets;
      const rotate = (client: TenantClient, body?: object) =>
        client.call<{ secret: string; previousExpiresAt: string }>(
          "POST",
          `/v1/webhooks/${id}/rotate-secret`,
          body,
        );
      const rotated = await rotate(there);
      assert.equal(rotated.status, 200);
      const overlap = Date.parse(rotated.body.previousExpiresAt) - Date.now();
      assert.ok(overlap > 23 * 3_600_000 && overlap <= 24 * 3_600_000);
      receiver.secrets = [old, rotated.body.secret];
      await here.submit(film);
      assert.deepEqual((await receiver.received(1)).verifiedBy, receiver.secrets);

      const last = await rotate(here, { overlapSeconds: 0 });
      receiver.secrets.push(last.body.secret);
      secrets.push(...receiver.secrets);
      await here.submit(film);
      assert.deepEqual((await receiver.received(2)).verifiedBy, [last.body.secret]);
      Client.refused(await rotate(here, { overlapSeconds: 604_801 }), 400, "validation-failed");
    });
  });

  test("is tried again after 500 and a redirect, and what came back is on record", async () => {
    await withEndpoints(1, async ({ id, receiver }) => {
      let redirected = 0;
      receiver.answer = (delivery) => {
        if (delivery === 0) return (response) => response.writeHead(500).end("no\u0007 room\n<b>");
        redirected += 1;
        return redirected === 1 ? 302 : 204;
      };
      const analysis = await here.submit(film);
      await receiver.received(1);
      const first = await here.delivery(id, messageOf(analysis), ({ attempts }) => attempts.length === 1);
      const { at: _, milliseconds, ...attempt } = first.attempts[0] ?? assert.fail();
      assert.deepEqual(attempt, {
        delivered: false,
        status: 500,
        reason: "The receiver answered 500.",
        answer: "no room <b>",
      });
      assert.ok(Number.isInteger(milliseconds));
      assert.ok(Date.parse(first.nextAttemptAt ?? "") > Date.parse(first.createdAt));
      await receiver.accepted([analysis]);
      const made = await here.delivery(id, messageOf(analysis), delivered);
      assert.deepEqual(
        made.attempts.map(({ status }) => status),
        [500, 302, 204],
      );
      assert.deepEqual(new Set(ids({ id, receiver })), new Set([messageOf(analysis)]));
    });
  });

  test("that cannot reach one receiver is not late at another", async () => {
    await withEndpoints(3, async (never, endless, quick) => {
      never.receiver.answer = () => () => undefined;
      endless.receiver.answer = () => (response) => {
        response.writeHead(200);
        const more = () => {
          while (!response.destroyed && response.write("all work and no play "));
        };
        response.on("drain", more);
        more();
      };
      const analyses = await Promise.all(Array.from({ length: 24 }, () => here.submit(film)));
      await quick.receiver.accepted(analyses);
      const held = await here.deliveries(never.id, "?limit=100");
      assert.equal(held.length, 24);
      assert.ok(
        held.every(({ attempts, status }) => attempts.length === 0 && status === "pending"),
        "all of the quick one's came while the first tries at the other were still held",
      );
      for (const analysis of analyses) {
        const { attempts } = await here.delivery(endless.id, messageOf(analysis), delivered);
        assert.equal(attempts[0]?.answer?.slice(0, 20), "all work and no play");
        assert.ok((attempts[0]?.answer ?? "").length <= 500);
      }
    });
    await system.settled(120);
  });

  test("that met 410 disables the endpoint; enabled again, what failed is made again", async () => {
    await withEndpoints(1, async ({ id, receiver }) => {
      receiver.answer = () => 410;
      const analysis = await here.submit(film);
      const failed = await here
        .ended(analysis)
        .then(() => here.delivery(id, messageOf(analysis), ({ status }) => status === "failed"));
      assert.equal(failed.attempts.length, 1);
      await system.settled();
      const { body } = await there.endpoint(id);
      assert.deepEqual([body.enabled, body.disabled?.reason], [false, "gone"]);
      const redeliver = `/v1/webhooks/${id}/deliveries/${messageOf(analysis)}/redeliver`;
      Client.refused(await here.call("POST", redeliver), 409, "webhook-disabled");
      const letter = `/v1/dead-letters/${deliveryName({ event: analysis, webhook: id })}`;
      Client.refused(await operator.call("POST", `${letter}/retry`), 409, "webhook-disabled");
      await there.ended(await there.submit(film));
      await system.settled();
      assert.equal((await here.deliveries(id)).length, 1, "while it is disabled nothing is owed");

      receiver.answer = () => 204;
      await there.call("PATCH", `/v1/webhooks/${id}`, { enabled: true });
      const since = (at: string) => here.call("POST", `/v1/webhooks/${id}/redeliver`, { since: at });
      assert.deepEqual((await since(new Date(Date.now() + 1000).toISOString())).body, {
        redelivered: 0,
        more: false,
      });
      const from = (cursor: string) =>
        here.call("POST", `/v1/webhooks/${id}/redeliver`, { since: failed.createdAt, cursor });
      Client.refused(await from("elsewhere"), 400, "validation-failed");
      assert.deepEqual((await from(messageOf(analysis))).body, { redelivered: 0, more: false });
      assert.deepEqual((await since(failed.createdAt)).body, { redelivered: 1, more: false });
      assert.equal((await receiver.received(2)).id, messageOf(analysis));
      const made = await here.delivery(id, messageOf(analysis), delivered);
      assert.equal(made.attempts.length, 2);
      assert.equal((await there.call("POST", redeliver)).status, 202);
      assert.equal((await receiver.received(3)).id, messageOf(analysis));
      Client.refused(
        await here.call("POST", redeliver.replace("completed", "failed")),
        404,
        "delivery-not-found",
      );
    });
  });

  test("is delivered though the worker was killed in the middle of it", async () => {
    await withEndpoints(1, async ({ id, receiver }) => {
      receiver.answer = (delivery) => (delivery === 0 ? () => undefined : 204);
      const analysis = await here.submit(film);
      await receiver.received(1);
      await system.kill("webhook-worker");
      await receiver.accepted([analysis]);
      assert.deepEqual(new Set(ids({ id, receiver })), new Set([messageOf(analysis)]));
      assert.equal((await here.delivery(id, messageOf(analysis), delivered)).status, "delivered");
      await system.settled();
    });
  });

  test("is delivered though Redis was wiped while it was owed", async () => {
    await withEndpoints(2, async (one, two) => {
      for (const { receiver } of [one, two]) receiver.answer = (delivery) => (delivery === 0 ? 503 : 204);
      const analysis = await here.submit(film);
      await Promise.all([one, two].map(({ receiver }) => receiver.received(1)));
      for (const { id } of [one, two])
        await here.delivery(id, messageOf(analysis), ({ attempts }) => attempts.length === 1);
      await system.wipeRedis();
      await Promise.all([one, two].map(({ receiver }) => receiver.accepted([analysis])));
      for (const each of [one, two]) {
        await here.delivery(each.id, messageOf(analysis), delivered);
        assert.deepEqual(ids(each), [messageOf(analysis), messageOf(analysis)]);
      }
      await system.settled();
    });
  });

  test("no longer reaches an endpoint that was deleted with deliveries owed", async () => {
    await withEndpoints(1, async ({ id, receiver }) => {
      receiver.answer = () => 500;
      await here.submit(film);
      await receiver.received(1);
      assert.equal((await there.call("DELETE", `/v1/webhooks/${id}`)).status, 204);
      await system.settled();
      assert.equal(receiver.deliveries.length, 1);
    });
  });
});

test("a test event comes once, and deliveries are listed by page and state", async () => {
  await withEndpoints(1, async ({ id, receiver }) => {
    receiver.answer = () => 500;
    const sent = await there.call<WebhookDelivery>("POST", `/v1/webhooks/${id}/test`);
    assert.deepEqual([sent.status, sent.body.type, sent.body.status], [202, "webhook.test", "pending"]);
    const { event } = await receiver.received(1);
    assert.deepEqual([event.type as string, event.data as unknown], ["webhook.test", { webhook: id }]);
    await here.delivery(id, sent.body.id, ({ status }) => status === "failed");

    receiver.answer = () => 204;
    const analyses: string[] = [];
    for (let count = 0; count < 3; count += 1) analyses.push(await here.submit(film));
    await receiver.accepted(analyses);
    for (const analysis of analyses) await here.delivery(id, messageOf(analysis), delivered);
    const expected = [...analyses.map(messageOf).reverse(), sent.body.id];
    const pages: string[] = [];
    let cursor: string | undefined;
    do {
      const { body } = await there.call<{ data: WebhookDelivery[]; nextCursor?: string }>(
        "GET",
        `/v1/webhooks/${id}/deliveries?limit=3${cursor === undefined ? "" : `&cursor=${cursor}`}`,
      );
      pages.push(...body.data.map((each) => each.id));
      cursor = body.nextCursor;
    } while (cursor !== undefined);
    assert.deepEqual(pages, expected);
    assert.deepEqual(
      (await here.deliveries(id, "?status=failed")).map((each) => each.id),
      [sent.body.id],
    );
    assert.equal((await here.deliveries(id, "?status=delivered")).length, 3);
    Client.refused(
      await here.call("GET", `/v1/webhooks/${id}/deliveries?cursor=nonsense`),
      400,
      "cursor-invalid",
    );
  });
});

test("a dead letter is listed for the operator, and made again", async () => {
  const receiver = await Receiver.start(webhookSecret);
  receiver.answer = () => 410;
  const analysis = await here.submit(film, receiver.url);
  await receiver.received(1);
  await system.settled();
  const osteon = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)(process.execPath, [commandLine, "dead-letters", ...args], {
      env: { ...process.env, DATA_DIR: system.running.dataDir, REDIS_URL: system.running.redisUrl },
    });
    return stdout;
  };
  const name = deliveryName({ event: analysis });
  const listed = (await osteon("list")).split("\n").filter((line) => line.startsWith(name));
  assert.equal(listed.length, 1);
  assert.match(listed[0] ?? "", / {2}delivery {2}a {2}.*\(410\)/);
  receiver.answer = () => 204;
  assert.match(await osteon("redeliver", name), /^1 to be made again\.$/m);
  await receiver.accepted([analysis]);
  await system.settled();
  assert.ok(!(await osteon("list", "--tenant", "a")).includes(name));
  await receiver.stop();
});

test("cancelled analyses are told as such", async () => {
  await withEndpoints(1, async ({ receiver }) => {
    await system.paused("bodypart-worker", async () => {
      const id = await here.submit(film);
      const { status, body } = await here.call<Analysis>("POST", `/v1/analyses/${id}/cancel`);
      assert.equal(status, 200);
      const { event } = await receiver.received(1);
      assert.equal(event.type, "analysis.cancelled");
      assert.deepEqual(event.data, body);
    });
  });
});

test("no log holds a secret, or what stands in an address", async () => {
  await system.settled();
  const folder = path.join(system.running.dataDir, "logs");
  const names = await readdir(folder);
  assert.ok(names.length >= 4);
  for (const name of names) {
    const text = await readFile(path.join(folder, name), "utf8");
    assert.ok(!text.includes(inQuery), `${name} holds a query`);
    assert.ok(!text.includes("whsec_"), `${name} holds a secret`);
    for (const secret of secrets) assert.ok(!text.includes(secret.slice(6)), `${name} holds a secret`);
  }
});
