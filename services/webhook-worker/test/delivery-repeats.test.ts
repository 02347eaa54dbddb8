import assert from "node:assert/strict";
import { test } from "node:test";
import { deliveryName, ProblemError } from "@osteon/shared";
import { tenant, type Worker, workerEach } from "./support/worker.js";

let worker: Worker;
workerEach((each) => {
  worker = each;
});

test("a try is not made again where the store can be read but takes nothing, and its end is noted when it does", async (t) => {
  const away = () => Promise.reject(new ProblemError("store-unavailable"));
  for (const [status, step] of [
    [204, "put"],
    [503, "put"],
    [410, "bury"],
  ] as const) {
    worker.received.length = 0;
    worker.answer = (_request, response) => response.writeHead(status, { "retry-after": "3600" }).end();
    const { id } = await worker.ended({ callbackUrl: worker.url });
    const writing = t.mock.method(worker.ledger.deliveries, step);
    for (let tries = 0; tries < 3; tries += 1) writing.mock.mockImplementationOnce(away, tries);
    for (let tries = 0; tries < 3; tries += 1)
      await assert.rejects(worker.attempt(id), { code: "store-unavailable" });
    const wait = await worker.attempt(id);
    writing.mock.restore();
    assert.equal(worker.received.length, 1, `${status}`);
    const [record] = await worker.dispatch.ofAnalysis(tenant, id);
    assert.deepEqual([record?.tries, record?.attempts.map((each) => each.status)], [1, [status]]);
    if (status === 503) assert.ok((wait ?? 0) >= 3_600_000);
    else assert.equal(wait, undefined);
    // The next try is made.
    if (status !== 503) continue;
    worker.now += wait ?? 0;
    await worker.attempt(id);
    assert.equal(worker.received.length, 2);
  }
});

test("a try whose end could not be noted is no try of what was asked for again since", async (t) => {
  worker.answer = (_request, response) => response.writeHead(503).end();
  const { id } = await worker.ended({ callbackUrl: worker.url });
  worker.now += (await worker.attempt(id)) ?? 0;
  const writing = t.mock.method(worker.ledger.deliveries, "put");
  writing.mock.mockImplementationOnce(() => Promise.reject(new ProblemError("store-unavailable")));
  await assert.rejects(worker.attempt(id), { code: "store-unavailable" });
  writing.mock.restore();
  assert.equal(worker.received.length, 2);
  const ref = { tenant, event: id };
  await worker.dispatch.giveUp(ref, "gone");
  await worker.dispatch.redeliver(ref);
  await worker.attempt(id);
  assert.equal(worker.received.length, 3);
});

test("what is asked for again while a worker ends it stays owed", async (t) => {
  const { id } = await worker.ended({ callbackUrl: worker.url });
  const ref = { tenant, event: id };
  // A try before broke off behind its note: the marker is left.
  await worker.attempt(id);
  await worker.ledger.deliveries.owed.set({ tenant, id: deliveryName(ref) });
  const removing = t.mock.method(worker.ledger.deliveries.owed, "remove");
  removing.mock.mockImplementationOnce(async () => {
    removing.mock.restore();
    await worker.dispatch.redeliver(ref);
    await worker.ledger.deliveries.owed.remove(id);
  });
  assert.equal(await worker.attempt(id), 0, "at once");
  assert.deepEqual((await worker.owed()).length, 1);
  await worker.attempt(id);
  assert.equal(worker.received.length, 2);
  assert.deepEqual(await worker.owed(), []);

  const given = await worker.ended({ callbackUrl: worker.url });
  const givenRef = { tenant, event: given.id };
  const burying = t.mock.method(worker.ledger.deliveries.owed, "remove");
  burying.mock.mockImplementationOnce(async () => {
    burying.mock.restore();
    await worker.dispatch.redeliver(givenRef);
    await worker.ledger.deliveries.owed.remove(deliveryName(givenRef));
  });
  await worker.dispatch.giveUp(givenRef, "The endpoint is disabled.");
  assert.deepEqual(await worker.owed(), [deliveryName(givenRef)]);
  await worker.attempt(given.id);
  assert.equal(worker.received.length, 3);
  assert.deepEqual(await worker.owed(), []);
});

test("what is asked for again stays owed where a worker took its marker before its record was written", async (t) => {
  const { id } = await worker.ended({ callbackUrl: worker.url });
  await worker.attempt(id);
  const ref = { tenant, event: id };
  const putting = t.mock.method(worker.ledger.deliveries, "put");
  putting.mock.mockImplementationOnce(async (...call) => {
    putting.mock.restore();
    await worker.ledger.deliveries.close(ref);
    return worker.ledger.deliveries.put(...call);
  });
  await worker.dispatch.redeliver(ref);
  assert.deepEqual(await worker.owed(), [deliveryName(ref)]);
});

for (const status of [500, 410, 204])
  test(`a worker that lost its delivery to another, and comes back with ${status}, changes nothing of its end`, async () => {
    const analysis = await worker.ended({ callbackUrl: worker.url });
    const ref = { tenant, event: analysis.id };
    const { thaw } = await worker.frozenTry(analysis.id);
    worker.answer = (_request, response) => response.writeHead(200).end();
    assert.equal(await worker.attempt(analysis.id), undefined);
    const made = await worker.ledger.deliveries.get(ref);
    assert.equal(made?.status, "delivered");
    assert.equal(await thaw(status), undefined);
    assert.deepEqual(await worker.ledger.deliveries.get(ref), made);
    assert.deepEqual(await worker.owed(), []);
    assert.equal(await worker.ledger.deliveries.dead.get(deliveryName(ref)), undefined);
  });

test("a worker that lost its delivery to another takes the wait that follows from the other's try", async () => {
  const analysis = await worker.ended({ callbackUrl: worker.url });
  const ref = { tenant, event: analysis.id };
  const { thaw } = await worker.frozenTry(analysis.id);
  worker.answer = (_request, response) => response.writeHead(429, { "retry-after": "4000" }).end();
  await worker.attempt(analysis.id);
  const noted = await worker.ledger.deliveries.get(ref);
  assert.equal(await thaw(500), 4_000_000);
  assert.deepEqual(await worker.ledger.deliveries.get(ref), noted);
});

test("a delivery that was made and asked for again is the one that was asked for, whoever comes back late", async () => {
  const analysis = await worker.ended({ callbackUrl: worker.url });
  const ref = { tenant, event: analysis.id };
  const { thaw } = await worker.frozenTry(analysis.id);
  worker.answer = (_request, response) => response.writeHead(200).end();
  await worker.attempt(analysis.id);
  worker.now += 1_000;
  const again = await worker.dispatch.redeliver(ref);
  assert.equal(await thaw(410), 0);
  assert.deepEqual(await worker.ledger.deliveries.get(ref), again);
});

test("what is pending is owed, though its marker went during the try", async () => {
  const analysis = await worker.ended({ callbackUrl: worker.url });
  const name = deliveryName({ event: analysis.id });
  worker.answer = async (_request, response) => {
    await worker.ledger.deliveries.owed.remove(name);
    response.writeHead(500).end();
  };
  assert.notEqual(await worker.attempt(analysis.id), undefined);
  assert.deepEqual(await worker.owed(), [name]);
});
