import assert from "node:assert/strict";
import { test } from "node:test";
import { deliveryName, webhookId } from "@osteon/shared";
import { Webhook } from "standardwebhooks";
import { v7 as uuidv7 } from "uuid";
import { dayMs, tenant, type Worker, workerEach } from "./support/worker.js";

let worker: Worker;
workerEach((each) => {
  worker = each;
});

test("a delivery is tried over three days, with its waits, and then is a dead letter that can be made again", async () => {
  worker.answer = (_request, response) => response.writeHead(500).end("out of order");
  const analysis = await worker.ended({ callbackUrl: worker.url });
  const ref = { tenant, event: analysis.id };
  const began = worker.now;
  let tries = 0;
  for (;;) {
    tries += 1;
    const wait = await worker.attempt(analysis.id);
    if (wait === undefined) break;
    assert.ok(wait >= 5_000);
    // Before its time it is sent back, and not tried: as after Redis was wiped.
    assert.ok(((await worker.attempt(analysis.id)) ?? 0) > wait - 2);
    assert.equal(worker.received.length, tries);
    worker.now += wait;
  }
  assert.equal(tries, 17);
  assert.ok(worker.now - began > 3 * dayMs && worker.now - began < 4 * dayMs);
  const dead = await worker.ledger.deliveries.get(ref);
  assert.deepEqual(
    [dead?.status, dead?.attempts.length, dead?.nextAttemptAt, dead?.reason],
    ["failed", 17, undefined, "The last try failed: The receiver answered 500."],
  );
  assert.deepEqual(dead?.attempts.at(-1)?.answer, "out of order");
  assert.deepEqual(await worker.owed(), []);
  const letters: string[] = [];
  for await (const name of worker.ledger.deliveries.dead.ids()) letters.push(name);
  assert.deepEqual(letters, [deliveryName(ref)]);

  worker.answer = (_request, response) => response.writeHead(200).end();
  await worker.dispatch.redeliver(ref);
  assert.deepEqual(await worker.owed(), [deliveryName(ref)]);
  assert.equal(await worker.queues.state("webhook", deliveryName(ref)), "pending");
  assert.equal(await worker.attempt(analysis.id), undefined);
  const made = await worker.ledger.deliveries.get(ref);
  assert.deepEqual([made?.status, made?.reason, made?.attempts.length], ["delivered", undefined, 18]);
  assert.equal(new Set(worker.received.map(({ headers }) => headers["webhook-id"])).size, 1);
  assert.equal(new Set(worker.received.map(({ body }) => body)).size, 1);
  for await (const name of worker.ledger.deliveries.dead.ids()) assert.fail(name);
});

test("what found so little room that its time is over has one more try, and its whole time when it is asked for again", async () => {
  worker.answer = (_request, response) => response.writeHead(500).end();
  const analysis = await worker.ended({ callbackUrl: worker.url });
  const ref = { tenant, event: analysis.id };
  worker.now += 20 * dayMs;
  assert.ok(await worker.attempt(analysis.id), "its time begins with its first try");
  worker.now += 8.5 * dayMs;
  assert.ok(await worker.attempt(analysis.id));
  worker.now += dayMs;
  assert.equal(await worker.attempt(analysis.id), undefined);
  const dead = await worker.ledger.deliveries.get(ref);
  assert.deepEqual([dead?.status, dead?.attempts.length], ["failed", 3]);
  assert.deepEqual(await worker.owed(), []);

  await worker.dispatch.redeliver(ref);
  assert.ok(await worker.attempt(analysis.id));
  worker.now += 10 * dayMs;
  worker.answer = (_request, response) => response.writeHead(200).end();
  assert.equal(await worker.attempt(analysis.id), undefined);
  assert.equal((await worker.ledger.deliveries.get(ref))?.status, "delivered");
});

test("what a worker owed whose clock was ahead is tried at once; a planned try waits for its time", async () => {
  worker.now += 60 * 60_000;
  const analysis = await worker.ended({ callbackUrl: worker.url });
  worker.now -= 60 * 60_000;
  worker.answer = (_request, response) => response.writeHead(500).end();
  const wait = await worker.attempt(analysis.id);
  assert.equal(worker.received.length, 1);
  assert.ok(wait !== undefined && wait < 60_000);
  assert.equal(await worker.attempt(analysis.id), Math.floor(wait), "early");
  assert.equal(worker.received.length, 1);
});

test("a try that a worker planned whose clock was ahead is made as soon as one with a right clock has it", async () => {
  const analysis = await worker.ended({ callbackUrl: worker.url });
  worker.answer = (_request, response) => response.writeHead(500, { "retry-after": "86400" }).end();
  worker.now += 30 * dayMs;
  await worker.attempt(analysis.id);
  worker.now -= 30 * dayMs;
  worker.answer = (_request, response) => response.writeHead(204).end();
  assert.equal(await worker.attempt(analysis.id), undefined);
  assert.equal(worker.received.length, 2);
  assert.deepEqual(await worker.owed(), []);
});

test("Retry-After is obeyed", async () => {
  worker.answer = (_request, response) => response.writeHead(429, { "retry-after": "4000" }).end();
  const analysis = await worker.ended({ callbackUrl: worker.url });
  assert.equal(await worker.attempt(analysis.id), 4_000_000);
  const record = await worker.ledger.deliveries.get({ tenant, event: analysis.id });
  assert.equal(Date.parse(record?.nextAttemptAt ?? ""), worker.now + 4_000_000);
});

test("410 gives the delivery up and disables the endpoint; what else it is owed is given up too", async () => {
  const { record } = await worker.endpoint();
  const [first, second] = [await worker.ended(), await worker.ended()];
  worker.answer = (_request, response) => response.writeHead(410).end();
  assert.equal(await worker.attempt(first.id, record.id), undefined);
  const disabled = await worker.registry.find(record);
  assert.deepEqual([disabled.enabled, disabled.disabled?.reason], [false, "gone"]);
  await worker.attempt(second.id, record.id);
  assert.equal(worker.received.length, 1);
  assert.equal(
    (await worker.ledger.deliveries.get({ tenant, event: second.id, webhook: record.id }))?.status,
    "failed",
  );
  const third = await worker.ended();
  assert.deepEqual(await worker.owed(), [], "a disabled endpoint is owed nothing");

  worker.answer = (_request, response) => response.writeHead(204).end();
  const enabled = await worker.registry.change(record, { enabled: true });
  assert.deepEqual([enabled.enabled, enabled.disabled, enabled.failingSince], [true, undefined, undefined]);
  const since = Date.parse(first.createdAt) - 1;
  const newest = webhookId(second.id, "completed");
  assert.deepEqual(await worker.dispatch.redeliverFailed(record, since, { looks: 1 }), {
    redelivered: 1,
    more: true,
    nextCursor: newest,
  });
  assert.deepEqual(await worker.dispatch.redeliverFailed(record, since, { after: second.id, looks: 1 }), {
    redelivered: 1,
    more: false,
  });
  await worker.attempt(first.id, record.id);
  await worker.attempt(second.id, record.id);
  assert.deepEqual(
    worker.received.slice(1).map(({ headers }) => headers["webhook-id"]),
    [first, second].map(({ id }) => webhookId(id, "completed")),
  );
  assert.equal(
    await worker.ledger.deliveries.get({ tenant, event: third.id, webhook: record.id }),
    undefined,
  );
});

test("an endpoint without one success for five days is disabled; a success begins the count anew", async () => {
  const { record } = await worker.endpoint();
  worker.answer = (_request, response) => response.writeHead(500).end();
  const fail = async () => worker.attempt((await worker.ended()).id, record.id);
  await fail();
  assert.equal((await worker.registry.find(record)).failingSince, new Date(worker.now).toISOString());
  worker.now += 4 * dayMs;
  await fail();
  assert.equal((await worker.registry.find(record)).enabled, true);
  worker.answer = (_request, response) => response.writeHead(200).end();
  await worker.attempt((await worker.ended()).id, record.id);
  assert.equal((await worker.registry.find(record)).failingSince, undefined);
  worker.answer = (_request, response) => response.writeHead(500).end();
  await fail();
  worker.now += 5 * dayMs;
  await fail();
  const { enabled, disabled } = await worker.registry.find(record);
  assert.deepEqual([enabled, disabled?.reason], [false, "failing"]);
});

test("a test event is tried once, also at a disabled endpoint, and counts for nothing", async () => {
  const { record, secret: own } = await worker.endpoint();
  await worker.registry.change(record, { enabled: false });
  worker.answer = (_request, response) => response.writeHead(410).end();
  const event = uuidv7();
  const sent = await worker.dispatch.sendTest(record, event);
  assert.equal(await worker.attempt(event, record.id), undefined);
  const { headers, body } = worker.received[0] ?? assert.fail("nothing came");
  assert.deepEqual(new Webhook(own).verify(body, headers as Record<string, string>), {
    type: "webhook.test",
    timestamp: sent.createdAt,
    data: { webhook: record.id },
  });
  assert.equal((await worker.ledger.deliveries.get({ tenant, event, webhook: record.id }))?.status, "failed");
  assert.deepEqual((await worker.registry.find(record)).disabled?.reason, "asked");
  assert.equal((await worker.registry.find(record)).failingSince, undefined);
});
