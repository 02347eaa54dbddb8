import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { afterEach, beforeEach, type TestContext, test } from "node:test";
import {
  Analyses,
  type AnalysisRef,
  type AnalysisRequest,
  closeRedis,
  connectRedis,
  endedAnalysis,
  LiveState,
  ProblemError,
  type Processor,
  Reconciler,
  RunningProcessor,
} from "@osteon/shared";
import { freshAnalysesEach } from "../support/fresh-analyses.js";
import { accept, requestOf, resultOf } from "../support/requests.js";

// What work that was under way when its analysis was erased still writes of it: nobody may see it, and it goes.

const own = freshAnalysesEach();
const tenant = "default";

let blocking: ReturnType<typeof connectRedis>;
beforeEach(() => {
  blocking = connectRedis(own.redisUrl, "blocking");
});
afterEach(async () => {
  await closeRedis(blocking);
});

const accepted = (films = 1) => accept(own.analyses, requestOf(films));

/** Has a film in hand until it is let go. */
class Holder extends EventEmitter<{ held: []; letGo: [] }> implements Processor<"bodypart"> {
  readonly kind = "bodypart";

  async process(): Promise<void> {
    const letGo = once(this, "letGo");
    this.emit("held");
    await letGo;
  }

  async failed(): Promise<boolean> {
    return true;
  }
}

/** An analysis that is erased while a worker has it in hand; `letGo` ends that without a word. */
async function erasedInHand(): Promise<{ one: AnalysisRequest; letGo: () => Promise<void> }> {
  const holder = new Holder();
  const held = once(holder, "held");
  const options = { concurrency: 1, lockMs: 30_000, onError: assert.ifError, onDied: assert.ifError };
  const running = new RunningProcessor(holder, blocking, options);
  await running.start();
  const one = await accepted();
  await held;
  await own.analyses.start(one, 0);
  await own.analyses.erase(one);
  const letGo = async () => {
    holder.emit("letGo");
    await running.drain();
  };
  return { one, letGo };
}

/** As a worker ends it that then dies. */
async function writeEnd(request: AnalysisRequest): Promise<void> {
  const result = resultOf(request);
  await own.analyses.ledger.results.put(request, endedAnalysis(request, [result], new Date()), [result]);
}

/** Through a Redis that is away. */
function cutOff(t: TestContext): Analyses {
  const away = new LiveState(own.redis);
  for (const step of ["get", "isErased"] as const)
    t.mock.method(away, step, () => Promise.reject(new ProblemError("queue-unavailable")));
  return new Analyses({ ledger: own.analyses.ledger, live: away, queues: own.queues });
}

async function nothingLeft({ id }: AnalysisRequest, ...but: string[]): Promise<void> {
  assert.equal(await own.analyses.get({ tenant, id }), undefined);
  await own.analyses.ledger.pending.flush();
  for (const each of ["analyses/", "pending/", "failed/", "erasures/", "deliveries/"])
    if (!but.includes(each)) assert.deepEqual(await own.store.list(each), [], each);
  const keys = (await own.redis.keys("*:live:*")).filter((key) => key.includes(id));
  assert.deepEqual(keys, []);
}

for (const films of [1, 2])
  test(`what is written of ${films} erased films is found by nobody before their worker takes it away`, async () => {
    const one = await accepted(films);
    await own.analyses.start(one, 0);
    await own.analyses.erase(one);
    const result = resultOf(one);
    await own.analyses.ledger.results.putFilm(one, result);
    assert.equal(await own.analyses.get(one), undefined);
    await writeEnd(one);
    assert.equal(await own.analyses.get(one), undefined);
    await own.analyses.filmEnded(one, result);
    await nothingLeft(one);
  });

test("what a worker wrote that died then is found by nobody, though Redis is away or wiped, and goes", async (t) => {
  const { one, letGo } = await erasedInHand();
  await writeEnd(one);
  await letGo();
  assert.equal(await cutOff(t).get(one), undefined, "while Redis is away");
  await own.redis.flushall();
  assert.equal(await own.analyses.get(one), undefined, "since Redis was wiped");
  await new Reconciler(own).walk(5);
  await nothingLeft(one);
  await assert.rejects(
    own.analyses.erase(one),
    { code: "analysis-not-found" },
    "its client is told as before",
  );
});

test("a picture that a worker wrote that died then goes, too", async () => {
  const { one, letGo } = await erasedInHand();
  await letGo();
  await own.redis.flushall();
  await own.analyses.ledger.putImage(one, 0, Buffer.from("late"));
  await new Reconciler(own).walk(5);
  await nothingLeft(one);
});

test("who erases what was written late finds it", async () => {
  const { one, letGo } = await erasedInHand();
  await letGo();
  await writeEnd(one);
  await own.analyses.erase(one);
  assert.deepEqual(await own.store.list("analyses/"), []);
});

test("a marker stays while a job of its analysis is in hand, and goes behind it", async () => {
  const { one, letGo } = await erasedInHand();
  const walk = async () => {
    await own.redis.del("{osteon}:reconciler");
    return (await new Reconciler(own).walk(5))?.swept;
  };
  assert.equal(await walk(), 0);
  assert.equal((await own.analyses.ledger.erasure(one))?.done, true);
  await writeEnd(one);
  assert.equal(await walk(), 1);
  assert.equal((await own.analyses.ledger.erasure(one))?.done, true, "more may come");
  await letGo();
  await walk();
  await nothingLeft(one);
});

test("a job that comes back an hour after its analysis was erased takes away what its first try wrote", async () => {
  const { one, letGo } = await erasedInHand();
  await writeEnd(one);
  await letGo();
  await own.redis.del(...(await own.redis.keys("*:erased:*")));
  assert.equal(await own.analyses.start(one, 0), undefined);
  await nothingLeft(one, "erasures/");
});

test("work that read the request before its erasure does not bring it back to Redis", async (t) => {
  const one = await accepted();
  await own.redis.flushall();
  const mock = t.mock.method(own.analyses.ledger, "request", async (ref: AnalysisRef) => {
    mock.mock.restore();
    const request = await own.analyses.ledger.request(ref);
    await own.analyses.erase(one);
    return request;
  });
  assert.equal(await own.analyses.start(one, 0), undefined, "there is nothing to do");
  await nothingLeft(one);
});

test("an analysis that is being erased is not shown as under way where Redis has let it go first", async (t) => {
  const one = await accepted();
  t.mock.method(own.analyses.ledger, "hide", async () => {
    await own.live.markErased(one.id);
    await own.live.forget(one.id);
    assert.equal(await own.analyses.get(one), undefined);
    throw new ProblemError("store-unavailable");
  });
  await assert.rejects(own.analyses.erase(one), { code: "store-unavailable" });
  assert.equal(await own.analyses.get(one), undefined, "nor while the store refuses to remove it");
});

test("a Redis without room lets an analysis go all the same", async () => {
  const one = await accepted();
  await own.analyses.filmEnded(one, resultOf(one));
  await own.redis.config("SET", "maxmemory", "1");
  try {
    await assert.rejects(own.analyses.erase(one), { code: "queue-unavailable" });
    assert.equal(await own.analyses.get(one), undefined);
  } finally {
    await own.redis.config("SET", "maxmemory", "0");
  }
});

test("a delivery that is given up while its analysis is erased leaves no record", async (t) => {
  const one = await accept(own.analyses, requestOf(1, { callbackUrl: "https://example.com/" }));
  await own.analyses.filmEnded(one, resultOf(one));
  const { deliveries } = own.analyses.ledger;
  const bury = deliveries.bury.bind(deliveries);
  t.mock.method(deliveries, "bury", async (...call: Parameters<typeof bury>) => {
    await own.analyses.erase(one);
    return bury(...call);
  });
  const ref = { tenant, event: one.id };
  await own.analyses.dispatch.giveUp(ref, "Nobody took it.");
  assert.equal(await deliveries.get(ref), undefined);
  assert.deepEqual(await own.store.list("dead-letters/"), []);
  await nothingLeft(one);
});

test("the end that a cancel wrote that died then, behind an erasure, goes, and is found by nobody meanwhile", async (t) => {
  const one = await accepted();
  const died = new Error("its gateway died");
  const ending = t.mock.method(own.live, "end");
  ending.mock.mockImplementationOnce(() => Promise.reject(died));
  const writing = t.mock.method(own.analyses.ledger.results, "put");
  writing.mock.mockImplementationOnce(async (...call) => {
    writing.mock.restore();
    await own.analyses.erase(one);
    return own.analyses.ledger.results.put(...call);
  });
  await assert.rejects(own.analyses.cancel(one), died);
  // An hour later Redis knows nothing of the erasure, and nothing of the cancel.
  await own.redis.flushall();
  assert.equal(await own.analyses.get(one), undefined);
  await new Reconciler(own).walk(5);
  await nothingLeft(one);
});
