import assert from "node:assert/strict";
import { test } from "node:test";
import { type Analysis, ProblemError, webhookId } from "@osteon/shared";
import { Webhook } from "standardwebhooks";
import { v7 as uuidv7 } from "uuid";
import { TargetSlots } from "../src/target-slots.js";
import { dayMs, secret, tenant, type Worker, workerEach } from "./support/worker.js";

let worker: Worker;
workerEach((each) => {
  worker = each;
});

test("a callback and each endpoint get the event under one id, each signed with its own secret", async () => {
  const one = await worker.endpoint();
  const two = await worker.endpoint();
  const analysis = await worker.ended({ callbackUrl: worker.url });
  assert.equal((await worker.owed()).length, 3);
  await worker.attempt(analysis.id);
  await worker.attempt(analysis.id, one.record.id);
  await worker.attempt(analysis.id, two.record.id);
  const secrets = [secret, one.secret, two.secret];
  assert.equal(worker.received.length, 3);
  for (const [at, { headers, body }] of worker.received.entries()) {
    assert.equal(headers["webhook-id"], webhookId(analysis.id, "completed"));
    for (const [other, each] of secrets.entries()) {
      const verify = () => new Webhook(each).verify(body, headers as Record<string, string>);
      if (other === at) assert.deepEqual((verify() as { data: Analysis }).data, analysis);
      else assert.throws(verify);
    }
  }
  assert.deepEqual(await worker.owed(), []);
  const records = await worker.dispatch.ofAnalysis(tenant, analysis.id);
  assert.deepEqual(
    records.map(({ status, webhook, attempts }) => [status, webhook, attempts.map((each) => each.status)]),
    [
      ["delivered", undefined, [204]],
      ["delivered", one.record.id, [204]],
      ["delivered", two.record.id, [204]],
    ],
  );
});

test("an event owed twice is one delivery, and one that was made is not made again", async () => {
  const { record } = await worker.endpoint();
  const analysis = await worker.ended();
  const request = await worker.ledger.request({ tenant, id: analysis.id });
  assert.ok(request);
  await worker.dispatch.owe(request, analysis);
  await worker.attempt(analysis.id, record.id);
  await worker.dispatch.owe(request, analysis);
  assert.deepEqual(await worker.owed(), []);
  await worker.attempt(analysis.id, record.id);
  assert.equal(worker.received.length, 1);
  await assert.rejects(
    worker.dispatch.redeliver({ tenant, event: uuidv7(), webhook: record.id }),
    /delivery-not-found/,
  );
});

test("what an endpoint has no room for is put off before the store is asked", async (t) => {
  const { record } = await worker.endpoint();
  const { id } = await worker.ended();
  const slots = new TargetSlots(2);
  worker.processor = worker.newProcessor({ slots });
  const slot = slots.take(tenant, record.id);
  assert.ok(typeof slot === "object");
  const read = t.mock.method(worker.store, "get");
  assert.notEqual(await worker.attempt(id, record.id), undefined);
  assert.equal(read.mock.callCount(), 0);
  slot.release(20);
  assert.equal(await worker.attempt(id, record.id), undefined);
  assert.equal(worker.received.length, 1);
});

test("deliveries older than the retention go, those still owed stay", async () => {
  const { record } = await worker.endpoint();
  const old = await worker.ended({ id: "01900000-0000-7000-8000-000000000001" });
  const owedStill = await worker.ended({ id: "01900000-0000-7000-8000-000000000002" });
  const young = await worker.ended();
  await worker.attempt(old.id, record.id);
  await worker.attempt(young.id, record.id);
  assert.equal(await worker.ledger.deliveries.expire(tenant, record.id, worker.now - 30 * dayMs), 1);
  const left: string[] = [];
  for await (const { analysis } of worker.ledger.deliveries.of(tenant, record.id)) left.push(analysis ?? "");
  assert.deepEqual(left, [young.id, owedStill.id]);
});

test("a delivery is counted as given up once, when that is on record", async (t) => {
  const { record } = await worker.endpoint();
  const { id } = await worker.ended();
  await worker.registry.change(record, { enabled: false });
  t.mock
    .method(worker.ledger.deliveries, "bury")
    .mock.mockImplementationOnce(() => Promise.reject(new ProblemError("store-unavailable")));
  await assert.rejects(worker.attempt(id, record.id), { code: "store-unavailable" });
  assert.equal(await worker.counted("dead"), 0);
  await worker.attempt(id, record.id);
  assert.equal(await worker.counted("dead"), 1);
});

test("a try whose analysis is erased meanwhile is counted", async () => {
  const { id } = await worker.ended({ callbackUrl: worker.url });
  worker.answer = async (_request, response) => {
    await worker.ledger.removeAll({ tenant, id });
    response.writeHead(204).end();
  };
  await worker.attempt(id);
  assert.equal(await worker.counted("delivered"), 1);
});
