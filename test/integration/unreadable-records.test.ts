import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AnalysisRequest,
  analysisFolder,
  type DeadLetter,
  type DeliveryRecord,
  deliveryName,
  ProblemError,
  Reconciler,
  webhookId,
} from "@osteon/shared";
import { v7 as uuidv7 } from "uuid";
import { lettersOf, ownBackbone } from "../support/backbone.js";
import { accept, requestOf, resultOf } from "../support/requests.js";

const day = 86_400_000;
const tenant = "default";

/** What the backbone's logger was given. */
const logged: unknown[] = [];
const backbone = ownBackbone({ error: (about: unknown) => logged.push(about) });

/** Registers an endpoint for the ends of analyses. */
async function endpoint(): Promise<string> {
  const id = uuidv7();
  const createdAt = new Date().toISOString();
  await backbone.analyses.ledger.endpoints.put({
    id,
    tenant,
    url: "https://example.org/hook",
    description: "",
    events: ["analysis.completed"],
    enabled: true,
    createdAt,
    updatedAt: createdAt,
    secrets: [{ sealed: "x" }],
  });
  return id;
}

/** A delivery of so many days ago that was given up. */
async function buried(webhook: string, days: number): Promise<string> {
  const event = uuidv7({ msecs: Date.now() - days * day });
  const { deliveries } = backbone.analyses.ledger;
  const record: DeliveryRecord = {
    id: webhookId(event, "completed"),
    type: "analysis.completed",
    webhook,
    analysis: event,
    status: "pending",
    createdAt: new Date(Date.now() - days * day).toISOString(),
    attempts: [],
    tries: 0,
  };
  await deliveries.bury({ tenant, event, webhook }, record, "The receiver answered 500.");
  return event;
}

/** What is left of a record whose disk failed under it. */
async function damage(suffix: string): Promise<void> {
  for (const folder of await backbone.store.list("webhooks/default/", { folders: true }))
    for (const key of await backbone.store.list(folder))
      if (key.endsWith(suffix)) await backbone.store.put(key, '{"v":2,"dig');
}

const accepted = (more: Pick<AnalysisRequest, "callbackUrl"> = {}) =>
  accept(backbone.analyses, requestOf(1, { tenant, ...more }));

test("a damaged delivery keeps no other from being listed, and goes with its retention", async () => {
  const webhook = await endpoint();
  const { deliveries } = backbone.analyses.ledger;
  const events = [await buried(webhook, 40), await buried(webhook, 39), await buried(webhook, 1)];
  const [, second = "", third] = events;
  const [keyOfThird, key = ""] = await backbone.store.list(`webhooks/default/${webhook}/deliveries/`);
  await damage(key.slice(key.lastIndexOf("/")));

  const told: string[] = [];
  const listed: (string | undefined)[] = [];
  for await (const { analysis } of deliveries.of(tenant, webhook, undefined, (event) => told.push(event)))
    listed.push(analysis);
  assert.deepEqual([told, listed], [[second], [third, events[0]]]);

  const letters = new Map<string, string>();
  for await (const { analysis, reason } of lettersOf(backbone).list()) letters.set(analysis, reason);
  assert.deepEqual(
    events.map((event) => letters.get(event)?.split(":")[0]),
    ["The receiver answered 500.", "record-damaged", "The receiver answered 500."],
  );

  assert.equal(await deliveries.expire(tenant, webhook, Date.now() - 30 * day), 2);
  assert.deepEqual(await backbone.store.list(`webhooks/default/${webhook}/deliveries/`), [keyOfThird]);
  const left: string[] = [];
  for await (const name of deliveries.dead.ids()) left.push(name);
  assert.deepEqual(left, [deliveryName({ event: third ?? "", webhook })]);
});

test("a damaged endpoint stops neither its tenant's analyses nor their erasure", async () => {
  const [torn] = [await endpoint(), await endpoint()];
  await damage(`${torn}/endpoint.json`);
  const request = await accepted();
  const { analyses } = backbone;
  await analyses.filmEnded(request, resultOf(request));
  assert.equal((await analyses.get(request))?.status, "completed");
  const owed: string[] = [];
  for await (const name of analyses.ledger.deliveries.owed.ids()) owed.push(name);
  assert.equal(owed.filter((name) => name.startsWith(request.id)).length, 2, "to the two that are whole");
  const [told] = logged as { err: ProblemError; tenant: string; webhook: string }[];
  assert.deepEqual([told?.err.code, told?.tenant, told?.webhook], ["record-damaged", tenant, torn]);
  await analyses.erase(request);
  assert.equal(await analyses.get(request), undefined);
});

test("a damaged delivery that is given up is a dead letter, and owed no more", async () => {
  const webhook = await endpoint();
  const { ledger, dispatch } = backbone.analyses;
  const request = await accepted();
  await backbone.analyses.filmEnded(request, resultOf(request));
  const event = request.id;
  await dispatch.sendTest({ tenant, id: webhook }, event);
  const [key = ""] = await backbone.store.list(`webhooks/default/${webhook}/deliveries/`);
  await damage(key.slice(key.lastIndexOf("/")));
  const name = deliveryName({ event, webhook });

  await dispatch.giveUp({ tenant, event, webhook }, "The delivery could not be worked on.");
  assert.equal(await ledger.deliveries.owed.get(name), undefined);
  const letters: DeadLetter[] = [];
  for await (const letter of lettersOf(backbone).list()) letters.push(letter);
  assert.match(letters.find(({ id }) => id === name)?.reason ?? "", /^record-damaged/);
});

test("an end is told again, and its delivery owed, where the marker and the record of the first time are damaged", async () => {
  const { analyses, store } = backbone;
  const request = await accepted({ callbackUrl: "https://example.org/hook" });
  await analyses.filmFailed(request, 0, new ProblemError("worker-lost"));
  await analyses.ledger.pending.flush();
  const ended = await analyses.ledger.results.get(request);
  assert.ok(ended !== undefined);
  // As where its worker died behind the result, and the disk failed meanwhile.
  const name = deliveryName({ event: request.id });
  await store.put(`pending/${request.id}`, '{"tenant":"defau');
  await store.put(`${analysisFolder(tenant, request.id)}delivery.json`, '{"v":2,"dig');
  await analyses.ledger.deliveries.owed.remove(name);

  await analyses.settle(request, ended);
  assert.notEqual(await analyses.ledger.deliveries.owed.get(name), undefined);
  await analyses.ledger.pending.flush();
  assert.equal(await analyses.ledger.pending.has(request.id), false);
});

test("an endpoint is forgotten with what it is owed, and by its own tenant alone", async () => {
  const webhook = await endpoint();
  const { ledger, dispatch } = backbone.analyses;
  const event = uuidv7();
  await dispatch.sendTest({ tenant, id: webhook }, event);
  const letter = deliveryName({ event: await buried(webhook, 1), webhook });
  const name = deliveryName({ event, webhook });
  const left = async () => [
    await ledger.deliveries.owed.has(name),
    await ledger.deliveries.dead.has(letter),
    await backbone.queues.state("webhook", name),
  ];

  await dispatch.forgetEndpoint({ tenant: "other", id: webhook });
  assert.deepEqual(await left(), [true, true, "pending"]);
  // A marker that cannot be read keeps the others not back.
  await backbone.store.put(`dead-letters/${letter}`, '{"tenant":"defau');
  await buried(webhook, 0.5);
  await dispatch.forgetEndpoint({ tenant, id: webhook });
  assert.deepEqual(await left(), [false, false, "unknown"]);
});

test("a delivery of a later version is given up by nobody who cannot read it", async () => {
  const webhook = await endpoint();
  const { ledger, dispatch } = backbone.analyses;
  const event = uuidv7();
  await dispatch.sendTest({ tenant, id: webhook }, event);
  const [key = ""] = await backbone.store.list(`webhooks/default/${webhook}/deliveries/`);
  await backbone.store.put(key, `{"v":9,"digest":"sha256:${"a".repeat(64)}","data":{}}`);
  await assert.rejects(dispatch.giveUp({ tenant, event, webhook }, ""), { code: "record-too-new" });
  assert.notEqual(await ledger.deliveries.owed.get(deliveryName({ event, webhook })), undefined);
  assert.equal(await ledger.deliveries.expire(tenant, webhook, Date.now() + 60_000), 0);
  assert.ok(await backbone.store.exists(key), "nor is it removed as too old");
});

/** What is left of a marker whose disk failed under it. */
const torn = (key: string) => backbone.store.put(key, '{"tenant":"defau');

async function failed(): Promise<AnalysisRequest> {
  const request = await accepted();
  await backbone.analyses.filmFailed(request, 0, new ProblemError("worker-lost"));
  return request;
}

test("a damaged marker of a dead letter hides no other, and itself only where nobody knows whose it is", async () => {
  const webhook = await endpoint();
  const [torn1, whole, lost] = [await failed(), await failed(), uuidv7()];
  const { deliveries } = backbone.analyses.ledger;
  const reason = "The receiver answered 500.";
  const owed: string[] = [];
  for (const { id: event } of [torn1, whole]) {
    const ref = { tenant, event, webhook };
    await backbone.analyses.dispatch.sendTest({ tenant, id: webhook }, event);
    const record = (await deliveries.get(ref)) ?? assert.fail();
    await deliveries.bury(ref, { ...record, type: "analysis.failed" }, reason);
    owed.push(deliveryName({ event, webhook }));
  }
  const lostDelivery = deliveryName({ event: lost, webhook });
  for (const key of [`failed/${torn1.id}`, `failed/${lost}`]) await torn(key);
  for (const name of [owed[0], lostDelivery]) await torn(`dead-letters/${name}`);

  const told: string[] = [];
  const letters = lettersOf(backbone, (name, { code }) => told.push(`${name} ${code}`));
  const listed = new Map<string, DeadLetter>();
  for await (const letter of letters.list()) listed.set(letter.id, letter);
  for (const { id } of [torn1, whole])
    assert.deepEqual([listed.get(id)?.tenant, listed.get(id)?.code], [tenant, "worker-lost"]);
  for (const name of owed)
    assert.deepEqual([listed.get(name)?.tenant, listed.get(name)?.reason], [tenant, reason]);
  assert.deepEqual(told, [`${lost} record-damaged`, `${lostDelivery} record-damaged`]);

  const { analysis } = await letters.retry(torn1.id);
  assert.equal((await backbone.analyses.ledger.request({ tenant, id: analysis }))?.retryOf, torn1.id);
  await letters.retry(owed[0] ?? "");
  assert.equal(await deliveries.dead.get(owed[0] ?? ""), undefined);
});

test("a delivery that is owed by a damaged marker is made after Redis was wiped", async () => {
  const request = await accepted();
  const { analyses, queues, redis } = backbone;
  await endpoint();
  await analyses.filmEnded(request, resultOf(request));
  const names: string[] = [];
  for await (const name of analyses.ledger.deliveries.owed.ids())
    if (name.startsWith(request.id)) names.push(name);
  assert.notEqual(names.length, 0);
  for (const name of names) await torn(`deliveries/${name}`);
  await redis.flushall();
  await new Reconciler({ analyses, queues, redis }).walk(5);
  for (const name of names) assert.equal(await queues.state("webhook", name), "pending");
});

for (const [who, finish] of Object.entries({
  "its client": (request: AnalysisRequest) => backbone.analyses.erase(request),
  "the reconciler": () => new Reconciler(backbone).walk(5),
}))
  test(`an erasure that was broken off and whose marker is damaged is finished by ${who}`, async (t) => {
    const request = await failed();
    const mock = t.mock.method(backbone.store, "deletePrefix", () =>
      Promise.reject(new ProblemError("store-unavailable")),
    );
    await assert.rejects(backbone.analyses.erase(request), { code: "store-unavailable" });
    mock.mock.restore();
    await torn(`erasures/${request.id}`);
    await backbone.redis.flushall();
    await assert.rejects(backbone.analyses.erase({ tenant: "another", id: request.id }), {
      code: "analysis-not-found",
    });
    await finish(request);
    assert.deepEqual(await backbone.store.list(analysisFolder(tenant, request.id)), []);
    assert.equal(await backbone.store.exists(`erasures/${request.id}`), false);
  });
