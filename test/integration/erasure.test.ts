import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import {
  Analyses,
  type AnalysisRequest,
  analysisFolder,
  deliveryName,
  expireAnalyses,
  filmJobId,
  LiveState,
  ProblemError,
  Reconciler,
  setLostMarkers,
} from "@osteon/shared";
import { freshAnalysesEach } from "../support/fresh-analyses.js";
import { accept, requestOf, resultOf } from "../support/requests.js";

const own = freshAnalysesEach();

const tenant = "default";
const accepted = (films = 1, callbackUrl = "https://example.com/") =>
  accept(own.analyses, requestOf(films, { callbackUrl }));

/** One that failed, so that it has everything that an analysis may have. */
async function failed(): Promise<AnalysisRequest> {
  const request = await accepted();
  await own.analyses.filmFailed(request, 0, new ProblemError("worker-lost"));
  await own.analyses.ledger.pending.flush();
  return request;
}

async function nothingLeft({ id }: AnalysisRequest): Promise<void> {
  assert.equal(await own.analyses.get({ tenant, id }), undefined);
  await own.analyses.ledger.pending.flush();
  for (const each of ["analyses/", "pending/", "failed/", "erasures/", "deliveries/"])
    assert.deepEqual(await own.store.list(each), [], each);
  const keys = (await own.redis.keys("*")).filter((key) => key.includes(id) && !key.includes(":erased:"));
  assert.deepEqual(keys, []);
}

/** While the returned function was not called, folders go only in part. */
function breakInTheMiddle(t: TestContext): () => void {
  const mock = t.mock.method(own.store, "deletePrefix", () =>
    Promise.reject(new ProblemError("store-unavailable")),
  );
  return () => mock.mock.restore();
}

async function brokenOff(t: TestContext, request: AnalysisRequest): Promise<void> {
  const mend = breakInTheMiddle(t);
  await assert.rejects(own.analyses.erase(request), { code: "store-unavailable" });
  mend();
  assert.notDeepEqual(await own.store.list(analysisFolder(tenant, request.id)), [], "it broke in the middle");
  assert.equal(await own.analyses.get(request), undefined, "nobody finds it any more");
  await own.redis.flushall();
  assert.equal(await own.analyses.get(request), undefined, "also where Redis knows nothing of it");
}

test("an erasure that broke in the middle is finished by its repeat", async (t) => {
  const one = await failed();
  await brokenOff(t, one);
  await own.analyses.erase(one);
  await nothingLeft(one);
  await assert.rejects(own.analyses.erase(one), { code: "analysis-not-found" });
});

test("another tenant's repeat finds nothing", async (t) => {
  const one = await failed();
  await brokenOff(t, one);
  await assert.rejects(own.analyses.erase({ tenant: "another", id: one.id }), { code: "analysis-not-found" });
});

test("an erasure that broke in the middle is finished by the reconciler", async (t) => {
  const one = await failed();
  await brokenOff(t, one);
  const report = await new Reconciler(own).walk(5);
  assert.equal(report?.swept, 1);
  await nothingLeft(one);
});

test("an erasure that broke in the middle is finished by retention", async (t) => {
  const one = await failed();
  await brokenOff(t, one);
  assert.equal(await expireAnalyses(own.analyses, () => Date.now() + 60_000), 1);
  await nothingLeft(one);
});

test("an erasure hides the analysis though Redis is away, and is finished when it is back", async (t) => {
  const one = await failed();
  const away = new LiveState(own.redis);
  for (const step of ["markErased", "forget", "get"] as const)
    t.mock.method(away, step, () => Promise.reject(new ProblemError("queue-unavailable")));
  const cutOff = new Analyses({ ledger: own.analyses.ledger, live: away, queues: own.queues });
  await assert.rejects(cutOff.erase(one), { code: "queue-unavailable" });
  assert.equal(await cutOff.get(one), undefined);
  // Its job would find nothing to do.
  await own.queues.remove("bodypart", filmJobId(one.id, 0, "bodypart"));
  await new Reconciler(own).walk(5);
  await nothingLeft(one);
});

test("an erasure hides the analysis from Redis though the store is away", async (t) => {
  const one = await accepted();
  t.mock.method(own.analyses.ledger, "hide", () => Promise.reject(new ProblemError("store-unavailable")));
  await assert.rejects(own.analyses.erase(one), { code: "store-unavailable" });
  assert.equal(await own.analyses.live(one.id), undefined);
  assert.equal(await own.analyses.isErased(one.id), true);
});

/** Redis is away while an analysis is erased, and knows it as before when it is back. */
async function halfErased(t: TestContext, live: LiveState): Promise<AnalysisRequest> {
  const one = await accepted();
  await own.analyses.start(one, 0);
  const away = () => Promise.reject(new ProblemError("queue-unavailable"));
  t.mock.method(live, "markErased").mock.mockImplementationOnce(away);
  t.mock.method(live, "forget").mock.mockImplementationOnce(away);
  const cutOff = new Analyses({ ledger: own.analyses.ledger, live, queues: own.queues });
  await assert.rejects(cutOff.erase(one), { code: "queue-unavailable" });
  return one;
}

test("what is half erased is hidden as soon as Redis is back", { timeout: 30_000 }, async (t) => {
  const live = new LiveState(own.redis);
  const forget = live.forget.bind(live);
  const hidden = new Promise<void>((resolve) => {
    t.mock.method(live, "forget", async (...call: Parameters<typeof forget>) => {
      await forget(...call);
      resolve();
    });
  });
  const one = await halfErased(t, live);
  assert.notEqual(await own.redis.exists(liveKey(one)), 0, "Redis knows it still");
  await hidden;
  assert.equal(await own.analyses.get(one), undefined);
  await own.analyses.filmEnded(one, resultOf(one));
  assert.equal(await own.analyses.get(one), undefined, "work under way brings nothing back");
  assert.equal(
    await own.queues.state("webhook", deliveryName({ event: one.id })),
    "unknown",
    "and tells nobody",
  );
});

test("the reconciler finishes erasures before it looks at anything else", async (t) => {
  const one = await halfErased(t, new LiveState(own.redis));
  // Its job would find nothing to do.
  await own.queues.remove("bodypart", filmJobId(one.id, 0, "bodypart"));
  t.mock.method(own.analyses.ledger.pending, "ids", () => {
    throw new ProblemError("store-unavailable");
  });
  await assert.rejects(new Reconciler(own).walk(5), { code: "store-unavailable" });
  await nothingLeft(one);
});

test("an erasure that the store never lets end holds up no film", async (t) => {
  const one = await failed();
  await brokenOff(t, one);
  const other = await accepted();
  await own.redis.flushall();
  breakInTheMiddle(t);
  const reconciler = new Reconciler({ ...own, now: () => Date.now() + 60_000 });
  await assert.rejects(reconciler.walk(5), { code: "store-unavailable" });
  assert.equal(await own.queues.state("bodypart", filmJobId(other.id, 0, "bodypart")), "pending");
});

test("an analysis whose request is damaged can be erased", async () => {
  const one = await failed();
  await own.store.put(`${analysisFolder(tenant, one.id)}request.json`, '{"v":');
  await own.analyses.erase(one);
  await nothingLeft(one);
});

const forgets: Record<string, () => Promise<unknown>> = {
  "Redis is wiped": () => own.redis.flushall(),
  "its worker is frozen until the note of the erasure is gone": async () => {
    await own.redis.del(...(await own.redis.keys("*:erased:*")));
  },
};
for (const [name, forget] of Object.entries(forgets))
  for (const films of [1, 2])
    test(`work under way brings back nothing of ${films} films, though ${name}`, async () => {
      const ends = await accepted(films);
      await own.analyses.start(ends, 0);
      await own.analyses.erase(ends);
      await forget();
      await own.analyses.ledger.putImage(ends, 0, Buffer.from("late"));
      await own.analyses.filmEnded(ends, resultOf(ends));
      await nothingLeft(ends);
      assert.equal(await own.queues.state("webhook", deliveryName({ event: ends.id })), "unknown");
    });

for (const [name, forget] of Object.entries({ "nothing is forgotten": async () => undefined, ...forgets }))
  test(`a film that fails for good after its erasure leaves no picture, though ${name}`, async () => {
    const one = await accepted();
    await own.analyses.start(one, 0);
    await own.analyses.erase(one);
    await forget();
    await own.analyses.ledger.putImage(one, 0, Buffer.from("late"));
    assert.equal(await own.analyses.filmFailed(one, 0, new ProblemError("worker-lost")), false);
    await nothingLeft(one);
  });

test("a failure takes nothing of an analysis that ended and only lost its request", async () => {
  const one = await failed();
  await own.store.delete(`${analysisFolder(tenant, one.id)}request.json`);
  await own.redis.flushall();
  await assert.rejects(own.analyses.filmFailed(one, 0, new ProblemError("worker-lost")), {
    code: "analysis-not-found",
  });
  assert.equal((await own.analyses.get(one))?.status, "failed");
});

test("a film that is handed on after its erasure leaves no picture, though Redis is wiped", async () => {
  const one = await accepted();
  await own.analyses.start(one, 0);
  await own.analyses.erase(one);
  await own.redis.flushall();
  await own.analyses.ledger.putImage(one, 0, Buffer.from("late"));
  const bodyPart = { label: "hand", probability: 1, probabilities: {} };
  const model = { name: "bodypart", version: "1.0.0", digest: "sha256:0" };
  await own.analyses.forward({
    ...{ v: 1, tenant, analysisId: one.id, film: 0, acceptedAt: 0, bone: "hand", width: 300, height: 300 },
    ...{ bodyPart, model, queuedMs: 0, bodyPartMs: 0 },
  });
  assert.deepEqual(await own.store.list("analyses/"), []);
  await own.analyses.ledger.putImage(one, 0, Buffer.from("later"));
  assert.equal(await own.analyses.start(one, 0), undefined);
  assert.deepEqual(await own.store.list("analyses/"), [], "nor one of a try before");
});

test("what is erased while its failure is noted is listed nowhere", async (t) => {
  const one = await accepted();
  const { failed } = own.analyses.ledger;
  const set = failed.set.bind(failed);
  t.mock.method(failed, "set", async (...call: Parameters<typeof set>) => {
    await own.analyses.erase(one);
    await set(...call);
  });
  await own.analyses.filmFailed(one, 0, new ProblemError("worker-lost"));
  assert.deepEqual(await own.store.list("failed/"), []);
  assert.equal(await own.analyses.get(one), undefined);
});

test("what is erased while its lost failure is noted again is listed nowhere", async (t) => {
  const one = await failed();
  const { failed: list } = own.analyses.ledger;
  await list.remove(one.id);
  const setting = t.mock.method(list, "set");
  setting.mock.mockImplementationOnce(async (...call) => {
    setting.mock.restore();
    await own.analyses.erase(one);
    await list.set(...call);
  });
  for await (const { id } of setLostMarkers(own.analyses, Date.now() + 1)) assert.fail(id);
  assert.equal(setting.mock.callCount(), 1);
  await nothingLeft(one);
});

const liveKey = ({ id }: AnalysisRequest) => `{osteon}:live:${id}`;

/** Erases it; then a replica becomes the master that lacks what Redis was told of that. */
async function erasureLost(one: AnalysisRequest): Promise<void> {
  const [before, left] = await Promise.all([
    own.redis.dumpBuffer(liveKey(one)),
    own.redis.pttl(liveKey(one)),
  ]);
  await own.analyses.erase(one);
  await own.redis.flushall();
  await own.redis.restore(liveKey(one), left, before);
  const back = once(own.redis, "ready");
  own.redis.disconnect(true);
  await back;
}

const ways: Record<string, (one: AnalysisRequest) => Promise<unknown>> = {
  "has ended": (one) => own.analyses.filmEnded(one, resultOf(one)),
  "is on its way": (one) => own.analyses.start(one, 0),
};
for (const [name, go] of Object.entries(ways)) {
  test(`what ${name} and was erased is given out no more, though a failover lost that`, async () => {
    const one = await accepted();
    await go(one);
    await own.analyses.ledger.pending.flush();
    assert.notEqual(await own.analyses.get(one), undefined);
    await erasureLost(one);
    assert.equal(await own.analyses.get(one), undefined);
    assert.equal(await own.redis.exists(liveKey(one)), 0, "Redis has forgotten it again");
    await nothingLeft(one);
  });

  test(`what ${name} and was erased is forgotten by its client's next call, though a failover lost that`, async () => {
    const one = await accepted();
    await go(one);
    await own.analyses.ledger.pending.flush();
    await erasureLost(one);
    await assert.rejects(own.analyses.erase({ tenant: "another", id: one.id }), {
      code: "analysis-not-found",
    });
    assert.equal(await own.redis.exists(liveKey(one)), 1, "it is no other tenant's to forget");
    await assert.rejects(own.analyses.erase(one), { code: "analysis-not-found" });
    assert.equal(await own.redis.exists(liveKey(one)), 0);
  });

  test(`whether what ${name} was erased is asked once`, async (t) => {
    const one = await accepted();
    await go(one);
    const asked = t.mock.method(own.store, "exists");
    for (let polls = 0; polls < 5; polls += 1) assert.notEqual(await own.analyses.get(one), undefined);
    assert.equal(asked.mock.callCount(), 1);
  });
}

test("what has ended and lost its request, or its result, is not taken for erased", async () => {
  for (const name of ["request.json", "result.json"]) {
    const one = await failed();
    await own.store.delete(analysisFolder(tenant, one.id) + name);
    assert.equal((await own.analyses.get(one))?.status, "failed", name);
  }
});
