import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { describe, test } from "node:test";
import {
  Analyses,
  type AnalysisRequest,
  FileStore,
  filmJobId,
  Ledger,
  ProblemError,
  Reconciler,
} from "@osteon/shared";
import { v7 as uuidv7 } from "uuid";
import { freshAnalysesEach } from "../support/fresh-analyses.js";
import { reconcilerEach } from "../support/reconciler.js";
import { accept as acceptBy, requestOf } from "../support/requests.js";

const own = freshAnalysesEach();
const reconciler = reconcilerEach(own);

const accept = (of: AnalysisRequest) => acceptBy(own.analyses, of);

describe("the reconciler", () => {
  test("lets one walk at a time", async () => {
    await reconciler.walk();
    assert.equal(await new Reconciler(own).walk(5), undefined);
  });

  test("lets no other walk beside one that takes longer than its lock lasts", async (t) => {
    const films = 200;
    const lockSeconds = 2;
    for (let count = 0; count < films; count += 1) await accept(requestOf());
    await own.analyses.ledger.pending.flush();
    await own.redis.flushall();
    // Of a store that answers: it would walk.
    const ledger = new Ledger(new FileStore(await own.newFolder()));
    const theirs = new Analyses({ ledger, live: own.live, queues: own.queues });
    const other = new Reconciler({ analyses: theirs, queues: own.queues, redis: own.redis });
    const slow = new EventEmitter();
    const answers = once(slow, "answers");
    const get = own.store.get.bind(own.store);
    t.mock.method(own.store, "get", async (...call: Parameters<FileStore["get"]>) => {
      slow.emit("asked");
      await answers;
      return get(...call);
    });
    const asked = once(slow, "asked");
    const walking = reconciler.itself.walk(lockSeconds);
    await asked;
    const outlasted = performance.now() + lockSeconds * 1_500;
    try {
      while (performance.now() < outlasted) assert.equal(await other.walk(lockSeconds), undefined);
    } finally {
      slow.emit("answers");
      await Promise.allSettled([walking]);
    }
    assert.equal((await walking)?.requeued, films);
    assert.equal(await other.walk(lockSeconds), undefined, "nor at once after it");
    assert.deepEqual([...(await own.queues.waiting())], [["default", films]]);
  });

  test("puts nothing back once another has its lock", async (t) => {
    for (let count = 0; count < 40; count += 1) await accept(requestOf());
    await own.redis.flushall();
    const enqueue = own.analyses.enqueue.bind(own.analyses);
    t.mock.method(own.analyses, "enqueue", async (...call: Parameters<typeof enqueue>) => {
      await enqueue(...call);
      await own.redis.set("{osteon}:reconciler", "another", "PX", 60_000);
    });
    await assert.rejects(reconciler.walk(), { code: "queue-unavailable" });
    assert.deepEqual([...(await own.queues.waiting())], [["default", 1]]);
    assert.equal(await own.redis.get("{osteon}:reconciler"), "another");
  });

  test("keeps no other from walking where its own store is away, or its clock is wrong", async (t) => {
    const one = await accept(requestOf());
    await own.redis.flushall();
    const { now, elapsed } = reconciler.time;
    await own.store.put(`uploads/${uuidv7({ msecs: now - 3 * 3_600_000 })}/default/film`, "three hours ago");
    const list = t.mock.method(own.store, "list", () =>
      Promise.reject(new ProblemError("store-unavailable")),
    );
    await assert.rejects(reconciler.itself.walk(600), { code: "store-unavailable" });
    list.mock.restore();
    const wrong = new Reconciler({ ...own, now: () => now + 3_600_000, elapsed: () => elapsed });
    const report = await wrong.walk(600);
    assert.deepEqual([report?.requeued, report?.swept], [1, 0]);
    assert.equal(await own.queues.state("bodypart", filmJobId(one.id, 0, "bodypart")), "pending");
    assert.equal((await reconciler.itself.walk(600))?.swept, 1);
    assert.equal(await reconciler.itself.walk(600), undefined);
  });
});
