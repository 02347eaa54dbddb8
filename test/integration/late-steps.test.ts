import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import {
  Analyses,
  type AnalysisRequest,
  filmJobId,
  Ledger,
  LiveState,
  ProblemError,
  type Queues,
} from "@osteon/shared";
import { v7 as uuidv7 } from "uuid";
import { freshAnalysesEach } from "../support/fresh-analyses.js";
import { reconcilerEach } from "../support/reconciler.js";
import { accept as acceptBy, requestOf, resultOf } from "../support/requests.js";

const own = freshAnalysesEach();
const reconciler = reconcilerEach(own);

const accept = (of: AnalysisRequest) => acceptBy(own.analyses, of);

test("work under way does not bring back what was erased", async () => {
  const nothingLeft = async (id: string) => {
    assert.equal(await own.analyses.get({ tenant: "default", id }), undefined);
    assert.deepEqual(await own.store.list("analyses/"), []);
    assert.deepEqual(await own.pending(), []);
    assert.deepEqual(
      (await own.redis.keys("*")).filter((key) => key.includes(id) && !key.includes(":erased:")),
      [],
    );
  };
  const single = await accept(requestOf(1, { callbackUrl: "https://example.com/" }));
  await own.analyses.start(single, 0);
  await own.analyses.erase(single);
  await own.analyses.ledger.putImage(single, 0, Buffer.from("late"));
  await own.analyses.filmEnded(single, resultOf(single));
  await nothingLeft(single.id);

  const several = await accept(requestOf(2));
  await own.analyses.start(several, 0);
  await own.analyses.erase(several);
  await own.analyses.filmEnded(several, resultOf(several, 0));
  await nothingLeft(several.id);
});

test("what a client saw begun never waits again, though Redis forgets it", async () => {
  const one = await accept(requestOf(2));
  await own.analyses.start(one, 0);
  assert.equal((await own.analyses.get(one))?.status, "processing");
  await own.redis.flushall();
  assert.equal((await own.analyses.get(one))?.status, "processing", "while Redis knows nothing");
  await own.analyses.start(one, 1);
  await own.analyses.filmEnded(one, resultOf(one, 1));
  assert.equal((await own.analyses.get(one))?.status, "processing", "when the other film goes on");
  await reconciler.walk();
  assert.equal((await own.analyses.get(one))?.status, "processing", "when it is put back");
});

test("a write that arrives after its acceptance was taken back is swept", async (t) => {
  const put = own.store.put.bind(own.store);
  const late: (() => Promise<boolean>)[] = [];
  let lost = "";
  t.mock.method(own.store, "put", async (...call: Parameters<typeof put>) => {
    if (lost === "" || !call[0].endsWith(lost)) return put(...call);
    late.push(() => put(...call));
    throw new ProblemError("store-unavailable");
  });
  for (lost of ["original-1", "request.json"])
    await assert.rejects(accept(requestOf(3)), { code: "store-unavailable" });
  assert.equal(late.length, 2);
  lost = "";
  for (const write of late) await write();
  await reconciler.walk();
  reconciler.pass(20);
  await reconciler.walk();
  assert.deepEqual(await own.store.list("analyses/"), []);
  assert.deepEqual(await own.pending(), []);
});

test("what a gateway promised whose clock was ahead is put back as well, and swept where it was broken off", async () => {
  const hour = 60 * 60_000;
  const lost = await accept(requestOf(1, { id: uuidv7({ msecs: reconciler.time.now + hour }) }));
  const brokenOff = { tenant: "default", id: uuidv7({ msecs: reconciler.time.now + hour }) };
  await own.analyses.ledger.stage(brokenOff, 0, Buffer.from("abc"));
  await own.redis.flushall();
  assert.equal((await reconciler.walk()).requeued, 0, "it may be on its way still");
  reconciler.pass(0.5);
  assert.equal((await reconciler.walk()).requeued, 1);
  assert.equal(await own.queues.state("bodypart", filmJobId(lost.id, 0, "bodypart")), "pending");
  reconciler.pass(20);
  assert.equal((await reconciler.walk()).swept, 1);
  assert.deepEqual(await own.pending(), [lost.id]);
});

test("a step that is noted after the end keeps what has ended no longer than its hour", async () => {
  const one = await accept(requestOf());
  const lives = () => own.redis.ttl(`{osteon}:live:${one.id}`);
  assert.ok((await lives()) > 3600);
  await own.analyses.filmEnded(one, resultOf(one));
  assert.ok((await lives()) <= 3600);
  const live = new LiveState(own.redis);
  const bodyPart = { label: "hand", probability: 1, probabilities: {} };
  assert.equal(await live.classified(one.id, 0, { bodyPart, width: 300, height: 300 }), "known");
  assert.ok((await lives()) <= 3600);
});

test("a job that comes late, of an acceptance that was taken back, fails nothing", async () => {
  const one = requestOf();
  await new LiveState(own.redis).open(one);
  const begun = await own.analyses.start(one, 0);
  assert.equal(begun?.id, one.id, "Redis had the commands, whose senders gave up");
  await own.analyses.filmFailed(one, 0, new ProblemError("film-lost"));
  assert.deepEqual(await own.store.list("analyses/"), []);
  assert.deepEqual(await own.store.list("failed/"), []);
  assert.equal(await own.analyses.live(one.id), undefined);
  const kept = await accept(requestOf());
  await own.analyses.filmFailed(kept, 0, new ProblemError("film-lost"));
  assert.equal((await own.analyses.get(kept))?.error?.code, "film-lost", "a promise fails as before");
  const lost = await accept(requestOf());
  await own.analyses.ledger.removeAllButMarker(lost);
  await own.analyses.filmFailed(lost, 0, new ProblemError("film-lost"));
  assert.equal(
    (await own.analyses.get(lost))?.error?.code,
    "film-lost",
    "also one that the store lost whole",
  );
});

test("what an acceptance wrote is taken back after its last write has ended, whichever failed", async (t) => {
  const steps: string[] = [];
  const { put, deletePrefix } = own.store;
  t.mock.method(own.store, "put", async (...call: Parameters<typeof put>) => {
    if (call[0].endsWith("original-0")) throw new ProblemError("store-unavailable");
    for (let turn = 0; turn < 10; turn += 1) await setImmediate();
    const done = await put.apply(own.store, call);
    steps.push("written");
    return done;
  });
  t.mock.method(own.store, "deletePrefix", (prefix: string) => {
    steps.push("taken back");
    return deletePrefix.call(own.store, prefix);
  });
  await assert.rejects(accept(requestOf(3)), { code: "store-unavailable" });
  assert.deepEqual(steps, ["written", "written", "written", "taken back"]);
  assert.deepEqual(await own.store.list("analyses/"), []);
});

test("acceptance that fails leaves nothing behind", async () => {
  const one = requestOf();
  const broken = new Analyses({
    ledger: new Ledger(own.store),
    live: new LiveState(own.redis),
    queues: Object.assign(Object.create(own.queues), {
      add: () => Promise.reject(new ProblemError("queue-unavailable")),
    }) as Queues,
  });
  await assert.rejects(broken.accept(one, [Buffer.from("abc")]), ProblemError);
  assert.deepEqual(await own.store.list("analyses/"), []);
  assert.deepEqual(await own.pending(), []);
  assert.equal(await own.analyses.isErased(one.id), true, "a worker that has its job lets it be");
  const promised = requestOf();
  await assert.rejects(
    broken.accept(promised, [Buffer.from("abc")], async () => false),
    ProblemError,
  );
  await own.redis.flushall();
  assert.equal((await reconciler.walk()).requeued, 1, "what a repeat was promised meanwhile goes on");
});

test("views that had ended are seen again where Redis forgot them, before the others end", async () => {
  const exam = await accept(requestOf(2));
  await own.analyses.filmEnded(exam, resultOf(exam, 0));
  await own.redis.flushall();
  assert.equal((await own.analyses.start(exam, 1))?.id, exam.id);
  const films = (await own.analyses.live(exam.id))?.films.map(({ done }) => done?.film.outcome);
  assert.deepEqual(films, ["not-identified", undefined]);
});
