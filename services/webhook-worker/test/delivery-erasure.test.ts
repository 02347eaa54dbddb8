import assert from "node:assert/strict";
import { test } from "node:test";
import { Dispatch } from "@osteon/shared";
import { tenant, type Worker, workerEach } from "./support/worker.js";

let worker: Worker;
workerEach((each) => {
  worker = each;
});

test("nothing is written that outlives its analysis or endpoint, also where those go during a try", async () => {
  const { record } = await worker.endpoint();
  const erased = await worker.ended({ callbackUrl: worker.url });
  worker.answer = async (_request, response) => {
    await worker.ledger.removeAll({ tenant, id: erased.id });
    response.writeHead(500).end();
  };
  assert.equal(await worker.attempt(erased.id), undefined);
  assert.equal(await worker.attempt(erased.id, record.id), undefined, "the second finds nothing left to do");
  assert.equal(worker.received.length, 1);
  assert.equal(await worker.ledger.deliveries.get({ tenant, event: erased.id }), undefined);
  assert.equal(
    await worker.ledger.deliveries.get({ tenant, event: erased.id, webhook: record.id }),
    undefined,
  );
  assert.deepEqual(await worker.owed(), []);

  const told = await worker.ended();
  worker.answer = async (_request, response) => {
    await worker.registry.delete(record, (ref) => worker.dispatch.forgetEndpoint(ref));
    response.writeHead(500).end();
  };
  assert.equal(await worker.attempt(told.id, record.id), undefined);
  assert.equal(await worker.ledger.deliveries.get({ tenant, event: told.id, webhook: record.id }), undefined);
  assert.deepEqual(await worker.owed(), []);
  assert.equal(await worker.ledger.endpoints.get(record), undefined, "the try did not bring it back");
});

for (const damaged of [false, true])
  test(`a ${damaged ? "damaged " : ""}delivery that is given up while its endpoint is deleted leaves nothing of that`, async (t) => {
    const { record } = await worker.endpoint();
    const { id } = await worker.ended();
    const [key = ""] = await worker.store.list(`webhooks/${tenant}/${record.id}/deliveries/`);
    if (damaged) await worker.store.put(key, '{"v":2,"dig');
    const burying = t.mock.method(worker.ledger.deliveries.dead, "set");
    burying.mock.mockImplementationOnce(async (...call) => {
      burying.mock.restore();
      await worker.registry.delete(record, (ref) => worker.dispatch.forgetEndpoint(ref));
      await worker.ledger.deliveries.dead.set(...call);
    });
    await worker.dispatch.giveUp({ tenant, event: id, webhook: record.id }, "The endpoint is disabled.");
    assert.deepEqual(await worker.ledger.endpoints.ids(tenant), []);
    for (const each of ["deliveries/", "dead-letters/"])
      assert.deepEqual(await worker.store.list(each), [], each);
  });

test("what is owed of what was deleted just before leaves no folder", async () => {
  const { record } = await worker.endpoint();
  const analysis = await worker.ended({ callbackUrl: worker.url });
  const request =
    (await worker.ledger.request({ tenant, id: analysis.id })) ?? assert.fail("it was accepted");
  await worker.ledger.hide({ tenant, id: analysis.id });
  await worker.ledger.removeAll({ tenant, id: analysis.id });
  await worker.registry.delete(record, (ref) => worker.dispatch.forgetEndpoint(ref));
  const { endpoints, deliveries, results } = worker.ledger;
  const known = { listening: async () => [record] };
  await new Dispatch({ endpoints, deliveries, results, queues: worker.queues, known }).owe(request, analysis);
  await worker.attempt(analysis.id);
  await worker.attempt(analysis.id, record.id);
  assert.deepEqual([worker.received, await worker.owed()], [[], []]);
  assert.deepEqual([await worker.ledger.list(tenant, 10), await endpoints.ids(tenant)], [[], []]);
});

test("what is erased during a try leaves no record, though the store fails behind the try's note", async (t) => {
  const analysis = await worker.ended({ callbackUrl: worker.url });
  const ref = { tenant, event: analysis.id };
  worker.answer = async (_request, response) => {
    // All of an erasure but what the try's own note comes behind.
    await worker.ledger.hide({ tenant, id: analysis.id });
    response.writeHead(200).end("of a patient");
  };
  worker.failAfterNote(t);
  await assert.rejects(worker.attempt(analysis.id), { code: "store-unavailable" });
  assert.equal((await worker.ledger.deliveries.get(ref))?.status, "delivered");
  assert.equal(await worker.attempt(analysis.id), undefined);
  assert.equal(await worker.ledger.deliveries.get(ref), undefined);
  assert.deepEqual(await worker.owed(), []);
});

test("what was delivered stays on record, though the store fails behind the try's note", async (t) => {
  const analysis = await worker.ended({ callbackUrl: worker.url });
  worker.failAfterNote(t);
  await assert.rejects(worker.attempt(analysis.id), { code: "store-unavailable" });
  assert.equal(await worker.attempt(analysis.id), undefined);
  assert.equal((await worker.ledger.deliveries.get({ tenant, event: analysis.id }))?.status, "delivered");
  assert.deepEqual(await worker.owed(), []);
  assert.equal(worker.received.length, 1);
});
