import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AnalysisRequest,
  analysisFolder,
  deliveryName,
  type EndpointRecord,
  ProblemError,
  Queues,
  Reconciler,
} from "@osteon/shared";
import { v7 as uuidv7 } from "uuid";
import { lettersOf, ownBackbone } from "../support/backbone.js";
import { accept, requestOf, resultOf } from "../support/requests.js";

const tenant = "default";

const backbone = ownBackbone();

async function failed(): Promise<AnalysisRequest> {
  const { analyses } = backbone;
  const request = await accept(analyses, requestOf(1, { tenant }));
  await analyses.filmFailed(request, 0, new ProblemError("worker-lost"));
  return request;
}

for (const arrives of [false, true])
  test(`a retry whose acceptance failed is retried as another, ${arrives ? "also where its write arrived after all" : "which its workers leave alone"}`, async (t) => {
    const { analyses, store } = backbone;
    const letters = lettersOf(backbone);
    const one = await failed();
    const put = store.put.bind(store);
    let late: () => Promise<unknown> = assert.fail;
    const mock = t.mock.method(store, "put", async (...call: Parameters<typeof put>) => {
      if (!call[0].endsWith("request.json")) return put(...call);
      late = () => put(...call);
      throw new ProblemError("store-unavailable");
    });
    await assert.rejects(letters.retry(one.id), { code: "store-unavailable" });
    mock.mock.restore();
    if (arrives) await late();

    const { analysis: id } = await letters.retry(one.id);
    const request = await analyses.start({ tenant, id }, 0);
    assert.ok(request, "there is something to work on");
    assert.equal(request.retryOf, one.id);
    await analyses.filmEnded(request, resultOf(request));
    assert.equal((await analyses.get({ tenant, id }))?.status, "completed");
    assert.equal(await analyses.ledger.failed.get(one.id), undefined);
  });

test("a retry that broke off behind its acceptance goes on with the same analysis", async (t) => {
  const { analyses } = backbone;
  const letters = lettersOf(backbone);
  const one = await failed();
  const mock = t.mock.method(analyses.ledger.failed, "remove", () =>
    Promise.reject(new ProblemError("store-unavailable")),
  );
  await assert.rejects(letters.retry(one.id), { code: "store-unavailable" });
  mock.mock.restore();
  const begun = (await analyses.ledger.failed.get(one.id))?.retriedAs;
  assert.deepEqual(await letters.retry(one.id), { id: one.id, analysis: begun });
});

/** Stands in for a worker or gateway that is frozen at a step, until `thaw` is called. */
function freezer(): { frozen: Promise<void>; freeze(): Promise<void>; thaw(): void } {
  let [met, thaw] = [() => {}, () => {}];
  const frozen = new Promise<void>((resolve) => {
    met = resolve;
  });
  const thawed = new Promise<void>((resolve) => {
    thaw = resolve;
  });
  return {
    frozen,
    freeze: () => {
      met();
      return thawed;
    },
    thaw: () => thaw(),
  };
}

const loseLock = ({ id }: AnalysisRequest) => backbone.redis.del(`{osteon}:lock:dead-letter:${id}`);

/** What came of a failed analysis. */
async function retriesOf({ id }: AnalysisRequest): Promise<string[]> {
  const { ledger } = backbone.analyses;
  const requests = await Promise.all(
    (await ledger.list(tenant, 100)).map((id) => ledger.request({ tenant, id })),
  );
  return requests.flatMap((request) => (request?.retryOf === id ? [request.id] : []));
}

test("of retries at the same time one is made", async () => {
  const one = await failed();
  const retries = await Promise.allSettled([1, 2, 3].map(() => lettersOf(backbone).retry(one.id)));
  const made = retries.flatMap((each) => (each.status === "fulfilled" ? [each.value.analysis] : []));
  const refused = retries.flatMap((each) => (each.status === "rejected" ? [each.reason.code] : []));
  assert.deepEqual([made.length, refused], [1, ["dead-letter-not-found", "dead-letter-not-found"]]);
  assert.deepEqual(await retriesOf(one), made);
});

test("a retry that lost its lock takes nothing back that another promised", async (t) => {
  const { store, analyses } = backbone;
  const one = await failed();
  const { frozen, freeze, thaw } = freezer();
  const put = store.put.bind(store);
  let first = true;
  t.mock.method(store, "put", async (...call: Parameters<typeof put>) => {
    if (!first || !call[0].endsWith("original-0")) return put(...call);
    first = false;
    await freeze();
    throw new ProblemError("store-unavailable");
  });
  const late = lettersOf(backbone).retry(one.id);
  await frozen;
  await loseLock(one);
  const { analysis: id } = await lettersOf(backbone).retry(one.id);
  thaw();
  await assert.rejects(late, { code: "store-unavailable" });
  assert.equal((await analyses.start({ tenant, id }, 0))?.id, id, "it is worked on");
  assert.deepEqual((await analyses.ledger.original({ tenant, id }, 0))?.toString(), "abc");
  assert.deepEqual(await retriesOf(one), [id]);
});

test("a retry that lost its lock while it took its own back takes back no other's", async (t) => {
  const { analyses, queues } = backbone;
  const one = await failed();
  const { frozen, freeze, thaw } = freezer();
  const withdraw = analyses.ledger.withdraw.bind(analyses.ledger);
  t.mock.method(
    analyses.ledger,
    "withdraw",
    async (...call: Parameters<typeof withdraw>) => {
      await freeze();
      return withdraw(...call);
    },
    { times: 1 },
  );
  const full = async () => Promise.reject(new ProblemError("queue-unavailable"));
  t.mock.method(queues, "add", full, { times: 1 });
  const late = assert.rejects(lettersOf(backbone).retry(one.id), { code: "queue-unavailable" });
  await frozen;
  await loseLock(one);
  // With the lock Redis lost that the first is erased.
  await backbone.redis.flushall();
  const { analysis: id } = await lettersOf(backbone).retry(one.id);
  thaw();
  await late;
  assert.equal((await analyses.start({ tenant, id }, 0))?.id, id, "it is worked on");
  assert.deepEqual((await analyses.ledger.original({ tenant, id }, 0))?.toString(), "abc");
  assert.deepEqual(await retriesOf(one), [id]);
});

test("a retry that lost its lock before it began makes no second analysis", async (t) => {
  const { ledger } = backbone.analyses;
  const one = await failed();
  const { frozen, freeze, thaw } = freezer();
  const request = ledger.request.bind(ledger);
  t.mock.method(ledger, "request").mock.mockImplementationOnce(async (ref) => {
    const found = await request(ref);
    await freeze();
    return found;
  });
  const late = lettersOf(backbone).retry(one.id);
  await frozen;
  await loseLock(one);
  const { analysis } = await lettersOf(backbone).retry(one.id);
  thaw();
  await assert.rejects(late, { code: "queue-unavailable" });
  assert.equal(await ledger.failed.get(one.id), undefined, "it is no dead letter again");
  assert.deepEqual(await retriesOf(one), [analysis]);
});

test("a dead letter that was tried again is not listed again by what was left to do of its first end", async (t) => {
  const { analyses, store, redis } = backbone;
  const queues = new Queues(redis);
  t.after(() => queues.close());
  const mock = t.mock.method(store, "deleteAll", () => Promise.reject(new ProblemError("store-unavailable")));
  const one = await failed();
  await analyses.ledger.pending.flush();
  mock.mock.restore();
  assert.ok(await analyses.ledger.pending.has(one.id), "its marker could not be removed");
  await lettersOf(backbone).retry(one.id);
  const later = () => Date.now() + 3_600_000;
  await new Reconciler({ analyses, queues, redis, now: later }).walk(5);
  assert.equal(await analyses.ledger.failed.get(one.id), undefined);
});

test("a delivery to a disabled endpoint is not made again, and keeps its reason, until the endpoint is enabled", async () => {
  const { analyses } = backbone;
  const { deliveries, endpoints } = analyses.ledger;
  const at = new Date().toISOString();
  // None that is known to have no endpoints.
  const tenant = "own";
  const endpoint: EndpointRecord = {
    ...{ id: uuidv7(), tenant, url: "https://example.org/", description: "", events: ["analysis.completed"] },
    ...{ enabled: true, createdAt: at, updatedAt: at, secrets: [] },
  };
  await endpoints.put(endpoint);
  const request = await accept(analyses, requestOf(1, { tenant }));
  await analyses.filmEnded(request, resultOf(request));
  const ref = { tenant, event: request.id, webhook: endpoint.id };
  await analyses.dispatch.giveUp(ref, "The receiver said that it is gone (410).");
  await endpoints.put({ ...endpoint, enabled: false });

  const letters = lettersOf(backbone);
  const name = deliveryName({ event: request.id, webhook: endpoint.id });
  const refused = { code: "webhook-disabled", status: 409 };
  await assert.rejects(letters.retry(name), refused);
  await assert.rejects(analyses.dispatch.redeliver(ref), refused, "as the command line does");
  const standing = await deliveries.get(ref);
  assert.deepEqual(
    [standing?.status, standing?.reason, await deliveries.owed.has(name), await deliveries.dead.has(name)],
    ["failed", "The receiver said that it is gone (410).", false, true],
  );

  await endpoints.put(endpoint);
  await letters.retry(name);
  assert.equal((await deliveries.get(ref))?.status, "pending");
  await endpoints.remove(endpoint);
});

test("an end that is settled again keeps what a retry has noted", async () => {
  const { analyses } = backbone;
  const one = await failed();
  await analyses.ledger.pending.set(one);
  await analyses.ledger.failed.set(one, { retriedAs: "another" });
  const end = await analyses.get(one);
  assert.ok(end);
  await analyses.settle(one, end);
  assert.equal((await analyses.ledger.failed.get(one.id))?.retriedAs, "another");
});

test("who erases a failed analysis erases what examined its films again, also by a broken erasure's repeat", async (t) => {
  const { analyses, store } = backbone;
  for (const breaks of [false, true]) {
    const one = await failed();
    const { analysis: id } = await lettersOf(backbone).retry(one.id);
    assert.ok(await analyses.get({ tenant, id }));
    if (breaks) {
      const mock = t.mock.method(analyses.ledger, "retriedAs", () =>
        Promise.reject(new ProblemError("store-unavailable")),
      );
      await assert.rejects(analyses.erase(one, { retries: true }), { code: "store-unavailable" });
      mock.mock.restore();
      // As the reconciler goes on with it: by its marker.
      await analyses.erase(one);
    } else await analyses.erase(one, { retries: true });
    assert.equal(await analyses.get({ tenant, id }), undefined);
    for (const each of [one.id, id]) assert.deepEqual(await store.list(analysisFolder(tenant, each)), []);
  }
});

test("an analysis that examined films again outlives the retention of the failed one", async () => {
  const { analyses } = backbone;
  const one = await failed();
  const { analysis: id } = await lettersOf(backbone).retry(one.id);
  await analyses.erase(one);
  assert.ok(await analyses.get({ tenant, id }));
});

test("films that are erased while they are tried again live on nowhere", async (t) => {
  const { analyses } = backbone;
  const letters = lettersOf(backbone);
  const one = await failed();
  const accept = analyses.accept.bind(analyses);
  let again: AnalysisRequest | undefined;
  t.mock.method(analyses, "accept", async (...call: Parameters<typeof accept>) => {
    [again] = call;
    await analyses.erase(one);
    return accept(...call);
  });
  await assert.rejects(letters.retry(one.id), { code: "dead-letter-not-found" });
  assert.ok(again);
  assert.equal(await analyses.get(again), undefined);
  assert.deepEqual(await backbone.store.list(analysisFolder(tenant, again.id)), []);
  await assert.rejects(letters.retry(one.id), { code: "dead-letter-not-found" });
});

test("a failed analysis that is erased while it is tried again is listed no more, nor one that was noted behind its erasure", async (t) => {
  const { analyses } = backbone;
  const { failed: list } = analyses.ledger;
  const one = await failed();
  const setting = t.mock.method(list, "set");
  setting.mock.mockImplementationOnce(async (...call) => {
    setting.mock.restore();
    await analyses.erase(one);
    await list.set(...call);
  });
  await assert.rejects(lettersOf(backbone).retry(one.id), { code: "dead-letter-not-found" });
  assert.equal(await list.has(one.id), false);
  await list.set({ tenant, id: one.id });
  await assert.rejects(lettersOf(backbone).retry(one.id), { code: "dead-letter-not-found" });
  assert.equal(await list.has(one.id), false);
});
