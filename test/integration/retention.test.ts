import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { afterEach, beforeEach, type TestContext, test } from "node:test";
import { startRetention } from "@osteon/gateway/upkeep/retention";
import {
  type AnalysisRequest,
  analysisFolder,
  deliveryName,
  expireAnalyses,
  Metrics,
  ProblemError,
  Reconciler,
  webhookId,
} from "@osteon/shared";
import { v7 as uuidv7 } from "uuid";
import { ownBackbone } from "../support/backbone.js";
import { accept, requestOf, resultOf } from "../support/requests.js";

const day = 86_400_000;
const now = Date.now();

let metrics: Metrics;
/** Rounds that were counted since: those that were done, and those that failed. */
const rounds = async () => {
  const { values } = await metrics.upkeep.get();
  const of = (outcome: string) =>
    values.find(({ labels }) => labels.task === "retention" && labels.outcome === outcome)?.value;
  return [of("done"), of("failed")];
};
beforeEach(() => {
  metrics = new Metrics("gateway");
});
afterEach(() => metrics.close());

const backbone = ownBackbone();

/** An analysis that was accepted so many days ago. */
async function accepted(
  tenant: string,
  days: number,
  { ended = true, callbackUrl }: { ended?: boolean; callbackUrl?: string } = {},
): Promise<AnalysisRequest> {
  const [id, createdAt] = [uuidv7({ msecs: now - days * day }), new Date(now - days * day).toISOString()];
  const callback = callbackUrl === undefined ? {} : { callbackUrl };
  const request = await accept(backbone.analyses, requestOf(1, { id, tenant, createdAt, ...callback }));
  if (ended) await backbone.analyses.filmEnded(request, resultOf(request));
  await backbone.analyses.ledger.pending.flush();
  return request;
}

test("erases what has ended and is past its tenant's days, and nothing else", async () => {
  const [old, ours, open, fresh, kept] = [
    await accepted("a", 40),
    await accepted("a", 10),
    await accepted("a", 50, { ended: false }),
    await accepted("b", 10),
    await accepted("c", 400),
  ];
  const hurt = await accepted("b", 45);
  await backbone.store.put(`${analysisFolder("b", hurt.id)}request.json`, '{"v":');
  const days: Record<string, number> = { a: 30, b: 30 };
  const before = (tenant: string) => {
    const kept = days[tenant];
    return kept === undefined ? undefined : now - kept * day;
  };
  assert.equal(await expireAnalyses(backbone.analyses, before), 2);
  for (const gone of [old, hurt])
    assert.deepEqual(await backbone.store.list(analysisFolder(gone.tenant, gone.id)), []);
  for (const there of [ours, open, fresh, kept]) assert.ok(await backbone.analyses.get(there), there.id);
  assert.equal(await expireAnalyses(backbone.analyses, before), 0);
});

test("gives what never ended, and lost its marker, that back: without it would never end, nor go", async () => {
  const { ledger } = backbone.analyses;
  const open = await accepted("d", 40, { ended: false });
  await ledger.pending.remove(open.id);
  assert.equal(
    await expireAnalyses(backbone.analyses, (tenant) => (tenant === "d" ? now - 30 * day : undefined)),
    0,
  );
  assert.equal(await ledger.pending.has(open.id), true);
});

test("erases what was never promised and lost its marker, and leaves to the reconciler what has it", async () => {
  const { ledger } = backbone.analyses;
  const [stray, marked] = [40, 41].map((days) => ({ tenant: "e", id: uuidv7({ msecs: now - days * day }) }));
  assert.ok(stray && marked);
  for (const ref of [stray, marked]) await ledger.stage(ref, 0, Buffer.from("a film"));
  await ledger.pending.remove(stray.id);
  const past = (tenant: string) => (tenant === "e" ? now - 30 * day : undefined);
  assert.equal(await expireAnalyses(backbone.analyses, past), 1);
  assert.deepEqual(await backbone.store.list(analysisFolder("e", stray.id)), []);
  assert.equal((await backbone.store.list(analysisFolder("e", marked.id))).length, 1);
});

test("passes over what is owed a delivery until that is made or given up, and asks only of what is due", async (t) => {
  const { analyses } = backbone;
  const { deliveries, endpoints } = analyses.ledger;
  const at = new Date(now).toISOString();
  const webhook = uuidv7();
  await endpoints.put({
    ...{ id: webhook, tenant: "o", url: "https://example.org/", description: "", secrets: [] },
    ...{ events: ["analysis.completed"], enabled: true, createdAt: at, updatedAt: at },
  });
  const [one, other, erased] = [await accepted("o", 2), await accepted("o", 2), await accepted("o", 2)];
  const young = await accepted("o", 0);
  const asked = t.mock.method(analyses.dispatch, "owes");
  const expire = () => expireAnalyses(analyses, (tenant) => (tenant === "o" ? now - day : undefined));
  assert.equal(await expire(), 0);
  assert.deepEqual(
    asked.mock.calls.map((call) => call.arguments[1]).sort(),
    [one.id, other.id, erased.id].sort(),
  );

  await analyses.erase(erased);
  assert.equal(await analyses.get(erased), undefined, "its tenant waits for no delivery");
  const ref = ({ id }: AnalysisRequest) => ({ tenant: "o", event: id, webhook });
  const record = await deliveries.get(ref(one));
  assert.ok(record);
  await deliveries.put(ref(one), { ...record, status: "delivered" });
  await deliveries.close(ref(one));
  assert.equal(await expire(), 1);
  assert.equal(await analyses.get(one), undefined);
  await analyses.dispatch.giveUp(ref(other), "The endpoint is disabled.");
  assert.equal(await expire(), 1);
  assert.ok(await analyses.get(young));
});

test("passes over what is owed to a callback address", async () => {
  const { analyses } = backbone;
  const one = await accepted("p", 2, { callbackUrl: "https://example.org/" });
  const expire = () => expireAnalyses(analyses, (tenant) => (tenant === "p" ? now - day : undefined));
  assert.equal(await expire(), 0);
  await analyses.dispatch.giveUp({ tenant: "p", event: one.id }, "The last try failed.");
  assert.equal(await expire(), 1);
});

test("passes over what has ended and may not be owed yet, and a reconciler still owes it", async () => {
  const { analyses, queues, redis } = backbone;
  const { ledger } = analyses;
  const one = await accepted("q", 2, { ended: false, callbackUrl: "https://example.org/" });
  const open = await analyses.get(one);
  assert.ok(open);
  // As if its worker had died right after writing the result.
  await ledger.results.put(one, { ...open, status: "completed" }, []);
  const expire = () => expireAnalyses(analyses, (tenant) => (tenant === "q" ? now - day : undefined));
  assert.equal(await expire(), 0);
  await redis.flushall();
  await new Reconciler({ analyses, queues, redis, now: () => now + 60_000 }).walk(5);
  await ledger.pending.flush();
  assert.equal(await ledger.pending.has(one.id), false);
  assert.equal(await analyses.dispatch.owes("q", one.id), true);
  assert.equal(await expire(), 0);
  await analyses.dispatch.giveUp({ tenant: "q", event: one.id }, "The last try failed.");
  assert.equal(await expire(), 1);
});

/** What the store may not delete. */
function refuse(t: TestContext, part: string): void {
  const { store } = backbone;
  for (const name of ["delete", "deletePrefix"] as const) {
    const real = store[name].bind(store);
    t.mock.method(store, name, async (key: string) => {
      if (key.includes(part)) throw new ProblemError("store-unavailable");
      return real(key);
    });
  }
}

test("one that cannot be erased is told, and keeps no other from going, of whichever tenant", async (t) => {
  const stays = [await accepted("d", 40), await accepted("d", 41)];
  const goes = [await accepted("e", 40), ...(await Promise.all([1, 2, 3].map(() => accepted("f", 40))))];
  refuse(t, "/d/");
  const told: string[] = [];
  const expiry = expireAnalyses(
    backbone.analyses,
    (tenant) => (["d", "e", "f"].includes(tenant) ? now - 30 * day : undefined),
    ({ id }, { code }) => told.push(`${id} ${code}`),
  );
  await assert.rejects(expiry, { code: "store-unavailable" });
  assert.deepEqual(told.sort(), stays.map(({ id }) => `${id} store-unavailable`).sort());
  for (const gone of goes) assert.equal(await backbone.analyses.get(gone), undefined);
});

/** A delivery of forty days ago, to an endpoint of its own where none is given. */
async function delivered(
  tenant: string,
  webhook = uuidv7(),
): Promise<{ tenant: string; event: string; webhook: string }> {
  const { endpoints, deliveries } = backbone.analyses.ledger;
  const event = uuidv7({ msecs: now - 40 * day });
  const at = new Date(now - 40 * day).toISOString();
  const settings = { url: "https://example.org/", description: "", events: [], enabled: true, secrets: [] };
  await endpoints.put({ ...settings, id: webhook, tenant, createdAt: at, updatedAt: at });
  const ref = { tenant, event, webhook };
  await deliveries.put(ref, {
    ...{ id: webhookId(event, "completed"), type: "analysis.completed", webhook, analysis: event },
    ...{ status: "delivered", createdAt: at, attempts: [], tries: 1 },
  });
  return ref;
}

test("a delivery that is asked for again while a round is at its endpoint stays, and is owed", async (t) => {
  const { dispatch, ledger } = backbone.analyses;
  const { deliveries } = ledger;
  const one = await delivered("r");
  const other = await delivered("r", one.webhook);
  const remove = deliveries.remove.bind(deliveries);
  let asked: { tenant: string; event: string; webhook: string } | undefined;
  t.mock.method(deliveries, "remove", async (ref: typeof one) => {
    if (asked === undefined) {
      asked = ref.event === one.event ? other : one;
      await dispatch.redeliver(asked);
    }
    await remove(ref);
  });
  assert.equal(await deliveries.expire("r", one.webhook, now - 30 * day), 1);
  assert.ok(asked);
  assert.equal((await deliveries.get(asked))?.status, "pending");
  assert.equal(await deliveries.owed.has(deliveryName(asked)), true);
});

test("no round is held by a clock that is another than Redis's, nor its turn taken from a gateway whose is right", async () => {
  const { analyses, redis } = backbone;
  const one = await accepted("k", 40);
  const round = async (aheadMs: number) => {
    const logged: unknown[][] = [];
    const log = (...call: unknown[]) => logged.push(call);
    const stop = startRetention({
      ...{ metrics, analyses, redis, config: { RETENTION_TENANTS: "k=60", WEBHOOK_RETENTION_DAYS: 30 } },
      ...{ logger: { info: log, warn: log, error: log }, now: () => Date.now() + aheadMs },
    });
    await stop();
    return logged;
  };
  for (const aheadMs of [30 * day, -6 * 60_000]) {
    const logged = await round(aheadMs);
    assert.equal(logged.length, 1);
    const [{ aheadMs: told }, text] = logged[0] as [{ aheadMs: number }, string];
    assert.match(text, /clock differs/);
    assert.ok(Math.abs(told - aheadMs) < 60_000, `${told}`);
  }
  assert.ok(await analyses.get(one));
  assert.equal(await redis.exists("{osteon}:retention"), 0);
  assert.deepEqual(await rounds(), [0, 2]);
  await round(4 * 60_000);
  assert.equal(await redis.exists("{osteon}:retention"), 1);
  assert.deepEqual(await rounds(), [1, 2]);
  await round(0);
  assert.deepEqual(await rounds(), [1, 2]);
  await redis.del("{osteon}:retention");
});

test("a round goes through analyses, deliveries and keys, whichever of them cannot go", async (t) => {
  const { analyses, redis, store } = backbone;
  await accepted("g", 40);
  const [stuck, other] = [await delivered("g"), await delivered("h")];
  await store.put("idempotency/2020-01-01/key.json", "{}");
  refuse(t, "/g/");
  const logged: unknown[] = [];
  const log = (...call: unknown[]) => logged.push(call);
  const config = { RETENTION_TENANTS: "g=30", WEBHOOK_RETENTION_DAYS: 30 };
  const stop = startRetention({
    ...{ metrics, analyses, redis, config },
    logger: { info: log, warn: log, error: log },
  });
  await stop();
  assert.notEqual(await analyses.ledger.deliveries.get(stuck), undefined);
  assert.equal(await analyses.ledger.deliveries.get(other), undefined);
  assert.equal(await store.exists("idempotency/2020-01-01/key.json"), false);
  assert.deepEqual(await rounds(), [0, 1]);
  const text = JSON.stringify(logged);
  for (const part of ["analysis cannot be erased", '"tenant":"g"', "store-unavailable", "next round"])
    assert.ok(text.includes(part), part);
  assert.equal(
    await redis.exists("{osteon}:retention"),
    0,
    "a gateway whose store is there may hold one now",
  );
});

test("a round keeps its turn for as long as it lasts, and after it", async (t) => {
  const { analyses, redis } = backbone;
  const key = "{osteon}:retention";
  await redis.del(key);
  t.mock.timers.enable({ apis: ["setInterval"] });
  const round = new EventEmitter();
  const [begun, goesOn] = [once(round, "begun"), once(round, "goes on")];
  t.mock.method(analyses.ledger.idempotency, "sweep", async () => {
    round.emit("begun");
    await goesOn;
  });
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const stop = startRetention({ metrics, analyses, redis, config: { WEBHOOK_RETENTION_DAYS: 30 }, logger });
  await begun;
  await redis.pexpire(key, 60_000);
  t.mock.timers.tick(20 * 60_000);
  const left = await redis.pttl(key);
  round.emit("goes on");
  await stop();
  assert.ok(left > 58 * 60_000, `${left}`);
  assert.ok((await redis.pttl(key)) > 58 * 60_000);
});
