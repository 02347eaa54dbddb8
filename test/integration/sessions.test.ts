import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { KeyRing } from "@osteon/shared";
import { Client } from "../support/client.js";
import { LoneGateway } from "../support/gateway.js";
import { until } from "../support/until.js";

const dayMs = 86_400_000;
let gateway: LoneGateway;
let ring: KeyRing;
before(async () => {
  gateway = await LoneGateway.start({ AUTH: "keys" });
  ring = new KeyRing(gateway.backbone.store);
});
after(() => gateway?.stop());

const fromPage = { "x-osteon-page": "1", "sec-fetch-site": "same-origin" };

/** Signs in with a key: what is told of the session, its cookie, and what Redis has of its time. */
async function signIn(key: string) {
  const { redis } = gateway.backbone;
  const known = new Set(await redis.keys("{osteon}:session:*"));
  const { status, headers, body } = await gateway.client.request<{ expiresAt: string }>("/v1/session", {
    method: "POST",
    headers: { "content-type": "application/json", ...fromPage },
    body: JSON.stringify({ key }),
  });
  assert.equal(status, 200, JSON.stringify(body));
  const cookie = headers.get("set-cookie") ?? "";
  const [place = ""] = (await redis.keys("{osteon}:session:*")).filter((each) => !known.has(each));
  return {
    expiresAt: body.expiresAt,
    cookie: cookie.split(";")[0] ?? "",
    maxAge: Number(/Max-Age=(\d+)/.exec(cookie)?.[1]),
    left: await redis.pttl(place),
  };
}

const newKey = (expiresAt?: Date) =>
  ring.create({ tenant: "a", name: "", scopes: ["read"], ...(expiresAt === undefined ? {} : { expiresAt }) });

test("a session lasts a working day, and no longer than its key", async () => {
  for (const expiresAt of [undefined, new Date(Date.now() + dayMs)]) {
    const { maxAge, left } = await signIn((await newKey(expiresAt)).text);
    assert.equal(maxAge, 8 * 3600);
    assert.ok(left > 7.9 * 3_600_000 && left <= 8 * 3_600_000, `${left}`);
  }
  const soon = new Date(Date.now() + 90_500);
  const short = await signIn((await newKey(soon)).text);
  assert.equal(short.expiresAt, soon.toISOString());
  assert.ok(short.maxAge > 60 && short.maxAge <= 90, `${short.maxAge}`);
  assert.ok(short.left > 60_000 && short.left <= 90_500, `${short.left}`);
});

test("Redis has no session's token: who reads Redis cannot sign in with what is there", async () => {
  const { redis } = gateway.backbone;
  const token = (await signIn((await newKey()).text)).cookie.split("=")[1];
  assert.ok(token);
  const told: string[] = [];
  for (const key of await redis.keys("*"))
    told.push(key, ...((await redis.type(key)) === "zset" ? await redis.zrange(key, "0", "-1") : []));
  for (const key of await redis.keys("{osteon}:session:*")) told.push((await redis.get(key)) ?? "");
  assert.ok(told.length > 3);
  assert.deepEqual(
    told.filter((each) => each.includes(token)),
    [],
  );
});

test("what a session is told to last follows its key, which may be rotated", async () => {
  const { text, record } = await newKey();
  const { cookie } = await signIn(text);
  await ring.rotate(record.id, 600);
  const { expiresAt } = (await ring.list()).find(({ id }) => id === record.id) ?? {};
  assert.ok(expiresAt !== undefined);
  // A gateway believes a key's record for ten seconds.
  await until("the session lasts as its key does now", 30, async () => {
    const { body } = await gateway.client.request<{ expiresAt: string }>("/v1/session", {
      headers: { cookie },
    });
    return body.expiresAt === expiresAt;
  });
});

test("of a key's sessions a hundred are open: the one that ends first gives way, and one that was signed out counts no more", async () => {
  const { redis } = gateway.backbone;
  const { text, record } = await ring.create({
    tenant: "c",
    name: "",
    scopes: ["read"],
    limits: { reads: 0 },
  });
  const open = () => redis.zcard(`{osteon}:sessions-of:${record.id}`);
  const first = await signIn(text);
  const headers = { ...fromPage, cookie: first.cookie };
  const whoAmI = async ({ cookie }: { cookie: string }) =>
    (await gateway.client.request("/v1/analyses", { headers: { cookie } })).status;
  const second = await signIn(text);
  for (let at = 2; at < 100; at += 1) await signIn(text);
  assert.deepEqual([await open(), await whoAmI(first)], [100, 200]);
  const last = await signIn(text);
  assert.deepEqual([await open(), await whoAmI(first), await whoAmI(second)], [100, 401, 200]);
  await gateway.client.request("/v1/session", {
    method: "DELETE",
    headers: { ...headers, cookie: last.cookie },
  });
  assert.deepEqual([await open(), await whoAmI(last)], [99, 401]);
});

test("sign-ins are counted as calls of the key are: each leaves a session in Redis for hours", async () => {
  const { text } = await ring.create({ tenant: "b", name: "", scopes: ["read"], limits: { reads: 2 } });
  await signIn(text);
  await signIn(text);
  const refusal = await gateway.client.request("/v1/session", {
    method: "POST",
    headers: { "content-type": "application/json", ...fromPage },
    body: JSON.stringify({ key: text }),
  });
  Client.refused(refusal, 429, "rate-limited");
  assert.equal(refusal.headers.get("set-cookie"), null);
});
