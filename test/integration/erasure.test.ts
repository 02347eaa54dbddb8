import assert from "node:assert/strict";
import { once } from "node:events";
import { afterEach, beforeEach, type TestContext, test } from "node:test";
import {
  Analyses,
  type AnalysisRequest,
  analysisFolder,
  type connectRedis,
  deliveryName,
  expireAnalyses,
  type FileStore,
  filmJobId,
  LiveState,
  ProblemError,
  type Queues,
  Reconciler,
  setLostMarkers,
} from "@osteon/shared";
import { ownRedis } from "../support/backbone.js";
import { freshAnalyses } from "../support/fresh-analyses.js";
import { accept, requestOf, resultOf } from "../support/requests.js";

const server = ownRedis();

let redis: ReturnType<typeof connectRedis>;
let store: FileStore;
let queues: Queues;
let analyses: Analyses;
let own: Awaited<ReturnType<typeof freshAnalyses>>;
beforeEach(async () => {
  own = await freshAnalyses(server);
  ({ redis, store, queues, analyses } = own);
});
afterEach(() => own.close());

const tenant = "default";
const accepted = (films = 1, callbackUrl = "https://example.com/") =>
  accept(analyses, requestOf(films, { callbackUrl }));

/** One that failed, so that it has everything that an analysis may have. */
async function failed(): Promise<AnalysisRequest> {
  const request = await accepted();
  await analyses.filmFailed(request, 0, new ProblemError("worker-lost"));
  await analyses.ledger.pending.flush();
  return request;
}

async function nothingLeft({ id }: AnalysisRequest): Promise<void> {
  assert.equal(await analyses.get({ tenant, id }), undefined);
  await analyses.ledger.pending.flush();
  for (const each of ["analyses/", "pending/", "failed/", "erasures/", "deliveries/"])
    assert.deepEqual(await store.list(each), [], each);
  const keys = (await redis.keys("*")).filter((key) => key.includes(id) && !key.includes(":erased:"));
  assert.deepEqual(keys, []);
}

/** While the returned function was not called, folders go only in part. */
function breakInTheMiddle(t: TestContext): () => void {
  const mock = t.mock.method(store, "deletePrefix", () =>
    Promise.reject(new ProblemError("store-unavailable")),
  );
  return () => mock.mock.restore();
}

async function brokenOff(t: TestContext, request: AnalysisRequest): Promise<void> {
  const mend = breakInTheMiddle(t);
  await assert.rejects(analyses.erase(request), { code: "store-unavailable" });
  mend();
  assert.notDeepEqual(await store.list(analysisFolder(tenant, request.id)), [], "it broke in the middle");
  assert.equal(await analyses.get(request), undefined, "nobody finds it any more");
  await redis.flushall();
  assert.equal(await analyses.get(request), undefined, "also where Redis knows nothing of it");
}

test("an erasure that broke in the middle is finished by its repeat", async (t) => {
  const one = await failed();
  await brokenOff(t, one);
  await analyses.erase(one);
  await nothingLeft(one);
  await assert.rejects(analyses.erase(one), { code: "analysis-not-found" });
});

test("another tenant's repeat finds nothing", async (t) => {
  const one = await failed();
  await brokenOff(t, one);
  await assert.rejects(analyses.erase({ tenant: "another", id: one.id }), { code: "analysis-not-found" });
});

test("an erasure that broke in the middle is finished by the reconciler", async (t) => {
  const one = await failed();
  await brokenOff(t, one);
  const report = await new Reconciler({ analyses, queues, redis }).walk(5);
  assert.equal(report?.swept, 1);
  await nothingLeft(one);
});

test("an erasure that broke in the middle is finished by retention", async (t) => {
  const one = await failed();
  await brokenOff(t, one);
  assert.equal(await expireAnalyses(analyses, () => Date.now() + 60_000), 1);
  await nothingLeft(one);
});

test("an erasure hides the analysis though Redis is away, and is finished when it is back", async (t) => {
  const one = await failed();
  const away = new LiveState(redis);
  for (const step of ["markErased", "forget", "get"] as const)
    t.mock.method(away, step, () => Promise.reject(new ProblemError("queue-unavailable")));
  const cutOff = new Analyses({ ledger: analyses.ledger, live: away, queues });
  await assert.rejects(cutOff.erase(one), { code: "queue-unavailable" });
  assert.equal(await cutOff.get(one), undefined);
  // Its job would find nothing to do.
  await queues.remove("bodypart", filmJobId(one.id, 0, "bodypart"));
  await new Reconciler({ analyses, queues, redis }).walk(5);
  await nothingLeft(one);
});

test("an erasure hides the analysis from Redis though the store is away", async (t) => {
  const one = await accepted();
  t.mock.method(analyses.ledger, "hide", () => Promise.reject(new ProblemError("store-unavailable")));
  await assert.rejects(analyses.erase(one), { code: "store-unavailable" });
  assert.equal(await analyses.live(one.id), undefined);
  assert.equal(await analyses.isErased(one.id), true);
});

/** Redis is away while an analysis is erased, and knows it as before when it is back. */
async function halfErased(t: TestContext, live: LiveState): Promise<AnalysisRequest> {
  const one = await accepted();
  await analyses.start(one, 0);
  const away = () => Promise.reject(new ProblemError("queue-unavailable"));
  t.mock.method(live, "markErased").mock.mockImplementationOnce(away);
  t.mock.method(live, "forget").mock.mockImplementationOnce(away);
  const cutOff = new Analyses({ ledger: analyses.ledger, live, queues });
  await assert.rejects(cutOff.erase(one), { code: "queue-unavailable" });
  return one;
}

test("what is half erased is hidden as soon as Redis is back", { timeout: 30_000 }, async (t) => {
  const live = new LiveState(redis);
  const forget = live.forget.bind(live);
  const hidden = new Promise<void>((resolve) => {
    t.mock.method(live, "forget", async (...call: Parameters<typeof forget>) => {
      await forget(...call);
      resolve();
    });
  });
  const one = await halfErased(t, live);
  assert.notEqual(await redis.exists(liveKey(one)), 0, "Redis knows it still");
  await hidden;
  assert.equal(await analyses.get(one), undefined);
  await analyses.filmEnded(one, resultOf(one));
  assert.equal(await analyses.get(one), undefined, "work under way brings nothing back");
  assert.equal(await queues.state("webhook", deliveryName({ event: one.id })), "unknown", "and tells nobody");
});

test("the reconciler finishes erasures before it looks at anything else", async (t) => {
  const one = await halfErased(t, new LiveState(redis));
  // Its job would find nothing to do.
  await queues.remove("bodypart", filmJobId(one.id, 0, "bodypart"));
  t.mock.method(analyses.ledger.pending, "ids", () => {
    throw new ProblemError("store-unavailable");
  });
  await assert.rejects(new Reconciler({ analyses, queues, redis }).walk(5), { code: "store-unavailable" });
  await nothingLeft(one);
});

test("an erasure that the store never lets end holds up no film", async (t) => {
  const one = await failed();
  await brokenOff(t, one);
  const other = await accepted();
  await redis.flushall();
  breakInTheMiddle(t);
  const reconciler = new Reconciler({ analyses, queues, redis, now: () => Date.now() + 60_000 });
  await assert.rejects(reconciler.walk(5), { code: "store-unavailable" });
  assert.equal(await queues.state("bodypart", filmJobId(other.id, 0, "bodypart")), "pending");
});

test("an analysis whose request is damaged can be erased", async () => {
  const one = await failed();
  await store.put(`${analysisFolder(tenant, one.id)}request.json`, '{"v":');
  await analyses.erase(one);
  await nothingLeft(one);
});

const forgets: Record<string, () => Promise<unknown>> = {
  "Redis is wiped": () => redis.flushall(),
  "its worker is frozen until the note of the erasure is gone": async () => {
    await redis.del(...(await redis.keys("*:erased:*")));
  },
};
for (const [name, forget] of Object.entries(forgets))
  for (const films of [1, 2])
    test(`work under way brings back nothing of ${films} films, though ${name}`, async () => {
      const ends = await accepted(films);
      await analyses.start(ends, 0);
      await analyses.erase(ends);
      await forget();
      await analyses.ledger.putImage(ends, 0, Buffer.from("late"));
      await analyses.filmEnded(ends, resultOf(ends));
      await nothingLeft(ends);
      assert.equal(await queues.state("webhook", deliveryName({ event: ends.id })), "unknown");
    });

for (const [name, forget] of Object.entries({ "nothing is forgotten": async () => undefined, ...forgets }))
  test(`a film that fails for good after its erasure leaves no picture, though ${name}`, async () => {
    const one = await accepted();
    await analyses.start(one, 0);
    await analyses.erase(one);
    await forget();
    await analyses.ledger.putImage(one, 0, Buffer.from("late"));
    assert.equal(await analyses.filmFailed(one, 0, new ProblemError("worker-lost")), false);
    await nothingLeft(one);
  });

test("a failure takes nothing of an analysis that ended and only lost its request", async () => {
  const one = await failed();
  await store.delete(`${analysisFolder(tenant, one.id)}request.json`);
  await redis.flushall();
  await assert.rejects(analyses.filmFailed(one, 0, new ProblemError("worker-lost")), {
    code: "analysis-not-found",
  });
  assert.equal((await analyses.get(one))?.status, "failed");
});

test("a film that is handed on after its erasure leaves no picture, though Redis is wiped", async () => {
  const one = await accepted();
  await analyses.start(one, 0);
  await analyses.erase(one);
  await redis.flushall();
  await analyses.ledger.putImage(one, 0, Buffer.from("late"));
  const bodyPart = { label: "hand", probability: 1, probabilities: {} };
  const model = { name: "bodypart", version: "1.0.0", digest: "sha256:0" };
  await analyses.forward({
    ...{ v: 1, tenant, analysisId: one.id, film: 0, acceptedAt: 0, bone: "hand", width: 300, height: 300 },
    ...{ bodyPart, model, queuedMs: 0, bodyPartMs: 0 },
  });
  assert.deepEqual(await store.list("analyses/"), []);
  await analyses.ledger.putImage(one, 0, Buffer.from("later"));
  assert.equal(await analyses.start(one, 0), undefined);
  assert.deepEqual(await store.list("analyses/"), [], "nor one of a try before");
});

test("what is erased while its failure is noted is listed nowhere", async (t) => {
  const one = await accepted();
  const { failed } = analyses.ledger;
  const set = failed.set.bind(failed);
  t.mock.method(failed, "set", async (...call: Parameters<typeof set>) => {
    await analyses.erase(one);
    await set(...call);
  });
  await analyses.filmFailed(one, 0, new ProblemError("worker-lost"));
  assert.deepEqual(await store.list("failed/"), []);
  assert.equal(await analyses.get(one), undefined);
});

test("what is erased while its lost failure is noted again is listed nowhere", async (t) => {
  const one = await failed();
  const { failed: list } = analyses.ledger;
  await list.remove(one.id);
  const setting = t.mock.method(list, "set");
  setting.mock.mockImplementationOnce(async (...call) => {
    setting.mock.restore();
    await analyses.erase(one);
    await list.set(...call);
  });
  for await (const { id } of setLostMarkers(analyses, Date.now() + 1)) assert.fail(id);
  assert.equal(setting.mock.callCount(), 1);
  await nothingLeft(one);
});

const liveKey = ({ id }: AnalysisRequest) => `{osteon}:live:${id}`;

/** Erases it; then a replica becomes the master that lacks what Redis was told of that. */
async function erasureLost(one: AnalysisRequest): Promise<void> {
  const [before, left] = await Promise.all([redis.dumpBuffer(liveKey(one)), redis.pttl(liveKey(one))]);
  await analyses.erase(one);
  await redis.flushall();
  await redis.restore(liveKey(one), left, before);
  const back = once(redis, "ready");
  redis.disconnect(true);
  await back;
}

const ways: Record<string, (one: AnalysisRequest) => Promise<unknown>> = {
  "has ended": (one) => analyses.filmEnded(one, resultOf(one)),
  "is on its way": (one) => analyses.start(one, 0),
};
for (const [name, go] of Object.entries(ways)) {
  test(`what ${name} and was erased is given out no more, though a failover lost that`, async () => {
    const one = await accepted();
    await go(one);
    await analyses.ledger.pending.flush();
    assert.notEqual(await analyses.get(one), undefined);
    await erasureLost(one);
    assert.equal(await analyses.get(one), undefined);
    assert.equal(await redis.exists(liveKey(one)), 0, "Redis has forgotten it again");
    await nothingLeft(one);
  });

  test(`what ${name} and was erased is forgotten by its client's next call, though a failover lost that`, async () => {
    const one = await accepted();
    await go(one);
    await analyses.ledger.pending.flush();
    await erasureLost(one);
    await assert.rejects(analyses.erase({ tenant: "another", id: one.id }), { code: "analysis-not-found" });
    assert.equal(await redis.exists(liveKey(one)), 1, "it is no other tenant's to forget");
    await assert.rejects(analyses.erase(one), { code: "analysis-not-found" });
    assert.equal(await redis.exists(liveKey(one)), 0);
  });

  test(`whether what ${name} was erased is asked once`, async (t) => {
    const one = await accepted();
    await go(one);
    const asked = t.mock.method(store, "exists");
    for (let polls = 0; polls < 5; polls += 1) assert.notEqual(await analyses.get(one), undefined);
    assert.equal(asked.mock.callCount(), 1);
  });
}

test("what has ended and lost its request, or its result, is not taken for erased", async () => {
  for (const name of ["request.json", "result.json"]) {
    const one = await failed();
    await store.delete(analysisFolder(tenant, one.id) + name);
    assert.equal((await analyses.get(one))?.status, "failed", name);
  }
});
