import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { describe, test } from "node:test";
import {
  type AnalysisRequest,
  analysisFolder,
  closeRedis,
  connectRedis,
  deliveryName,
  type FileStore,
  filmJobId,
  Metrics,
  ProblemError,
  RunningProcessor,
} from "@osteon/shared";
import { freshAnalysesEach } from "../support/fresh-analyses.js";
import { reconcilerEach } from "../support/reconciler.js";
import { accept as acceptBy, requestOf, resultOf } from "../support/requests.js";

const own = freshAnalysesEach();
const reconciler = reconcilerEach(own);

const accept = (of: AnalysisRequest) => acceptBy(own.analyses, of);

describe("the reconciler", () => {
  test("leaves alone what is on its way, and what has just come", async () => {
    await accept(requestOf(3));
    assert.deepEqual(await reconciler.walk(), {
      seen: 1,
      requeued: 0,
      settled: 0,
      redelivered: 0,
      swept: 0,
      stuck: 0,
    });
    reconciler.time.now = Date.now();
    assert.equal((await reconciler.walk()).seen, 0);
  });

  test("is counted by everything that it reports to have done, from 0 on", async () => {
    const { seen: _, ...done } = await reconciler.walk();
    const metrics = new Metrics("gateway");
    metrics.close();
    const { values } = await metrics.reconciled.get();
    const told = values.map(({ labels, value }) => [labels.action, value]);
    assert.deepEqual(Object.fromEntries(told), done);
  });

  test("enqueues again what a wiped Redis forgot, once", async () => {
    const one = await accept(requestOf(2));
    await own.redis.flushall();
    assert.equal((await reconciler.walk()).requeued, 2);
    assert.equal(await own.queues.state("bodypart", filmJobId(one.id, 1, "bodypart")), "pending");
    assert.equal((await reconciler.walk()).requeued, 0);
  });

  test("enqueues only the films that have not ended", async () => {
    const one = await accept(requestOf(2));
    await own.analyses.filmEnded(one, resultOf(one, 0));
    await own.redis.flushall();
    assert.equal((await reconciler.walk()).requeued, 1);
    assert.equal(await own.queues.state("bodypart", filmJobId(one.id, 0, "bodypart")), "unknown");
  });

  test("ends what had all its films' ends when the worker died", async () => {
    const one = await accept(requestOf(2));
    await own.analyses.ledger.results.putFilm(one, resultOf(one, 0));
    await own.analyses.ledger.results.putFilm(one, resultOf(one, 1));
    assert.equal(
      (await reconciler.walk()).settled,
      0,
      "its jobs are still in the queue: nothing is lost yet",
    );
    await own.redis.flushall();
    assert.equal((await reconciler.walk()).settled, 1);
    assert.equal((await own.analyses.get(one))?.status, "completed");
    assert.deepEqual(await own.pending(), []);
  });

  test("finishes an end that was written and not followed up: delivery, marker, waiting clients", async () => {
    const one = await accept(requestOf(1, { callbackUrl: "https://example.com/" }));
    const before = await own.analyses.get(one);
    assert.ok(before);
    const ended = await own.analyses.settle(one, { ...before, status: "completed" });
    await own.analyses.ledger.pending.flush();
    // As if the worker had died right after writing the result.
    await own.store.put(`pending/${one.id}`, JSON.stringify({ tenant: "default" }));
    await own.analyses.ledger.deliveries.remove({ tenant: "default", event: one.id });
    await own.redis.flushall();
    assert.equal((await reconciler.walk()).settled, 1);
    assert.equal(await own.queues.state("webhook", deliveryName({ event: one.id })), "pending");
    assert.deepEqual((await own.analyses.get(one))?.status, ended.status);
    assert.deepEqual(await own.pending(), []);
  });

  test("brings back a delivery that Redis forgot, and leaves a dead letter dead", async () => {
    const one = await accept(requestOf(1, { callbackUrl: "https://example.com/" }));
    await own.analyses.filmEnded(one, resultOf(one));
    await own.redis.flushall();
    assert.equal((await reconciler.walk()).redelivered, 1);
    assert.equal((await reconciler.walk()).redelivered, 0);
    await own.analyses.dispatch.giveUp({ tenant: one.tenant, event: one.id }, "gone");
    await own.redis.flushall();
    assert.equal((await reconciler.walk()).redelivered, 0);
    assert.ok(await own.analyses.ledger.deliveries.dead.has(deliveryName({ event: one.id })));
    assert.equal(await own.queues.state("webhook", deliveryName({ event: one.id })), "unknown");
  });

  test("tells of a film whose worker died each time that its worker was lost", async (t) => {
    const one = await accept(requestOf());
    t.mock.method(own.queues, "state", async () => "failed");
    t.mock.method(own.queues, "failedReason", async () => "job stalled more than allowable limit");
    assert.equal((await reconciler.walk()).settled, 1);
    assert.equal((await own.analyses.get(one))?.error?.code, "worker-lost");
  });

  for (const kind of ["bodypart", "webhook"] as const)
    test(`takes up at once a ${kind} job that a worker with a wrong clock put off for days`, async () => {
      const late = await accept(requestOf(1, { callbackUrl: "https://example.com/" }));
      if (kind === "webhook") await own.analyses.filmEnded(late, resultOf(late));
      const id = kind === "webhook" ? deliveryName({ event: late.id }) : filmJobId(late.id, 0, kind);
      const delayed = `{osteon}:${kind}:delayed`;
      const blocking = connectRedis(own.redisUrl, "blocking");
      const events = new EventEmitter();
      const putOff = once(events, "put-off");
      const worker = new RunningProcessor(
        {
          kind,
          process: ({ postpone }) => postpone(3 * 24 * 3_600_000).finally(() => events.emit("put-off")),
          failed: async () => true,
        },
        blocking,
        { concurrency: 1, lockMs: 5_000, onError: assert.ifError, onDied: assert.ifError },
      );
      await worker.start();
      await putOff;
      await worker.drain();
      await closeRedis(blocking);
      assert.equal(await own.redis.zcard(delayed), 1);
      const { requeued, redelivered } = await reconciler.walk();
      assert.deepEqual([requeued, redelivered], kind === "webhook" ? [0, 1] : [1, 0]);
      assert.equal(await own.redis.zcard(delayed), 0);
      assert.equal(await own.queues.state(kind, id), "pending");
    });

  test("leaves a delivery alone that waits for half a day, as its receiver asked", async () => {
    const waiting = await accept(requestOf(1, { callbackUrl: "https://example.com/" }));
    await own.analyses.filmEnded(waiting, resultOf(waiting));
    const name = deliveryName({ event: waiting.id });
    await own.redis.lrem("{osteon}:webhook:wait", 1, name);
    await own.redis.zadd("{osteon}:webhook:delayed", (Date.now() + 12 * 3_600_000) * 0x1000, name);
    assert.equal((await reconciler.walk()).redelivered, 0);
    assert.equal(await own.redis.zcard("{osteon}:webhook:delayed"), 1);
  });

  test("enqueues again in the order of fair shares, urgent films first", async () => {
    await accept(requestOf(5));
    const urgent = await accept(requestOf(1, { priority: "urgent" }));
    await own.redis.flushall();
    assert.equal((await reconciler.walk()).requeued, 6);
    const [first] = await own.redis.zrange("{osteon}:bodypart:prioritized", "0", "0");
    assert.equal(first, filmJobId(urgent.id, 0, "bodypart"));
    assert.deepEqual([...(await own.queues.waiting())], [["default", 6]]);
  });

  test("goes on behind the markers at which an outage stopped it", async (t) => {
    const first = await accept(requestOf());
    for (let count = 0; count < 20; count += 1) await accept(requestOf());
    await own.redis.flushall();
    const get = own.store.get.bind(own.store);
    let away = true;
    t.mock.method(own.store, "get", async (...call: Parameters<FileStore["get"]>) => {
      if (away && call[0].startsWith(analysisFolder(first.tenant, first.id)))
        throw new ProblemError("store-unavailable");
      return get(...call);
    });
    await assert.rejects(reconciler.walk(), { code: "store-unavailable" });
    assert.equal((await reconciler.walk()).seen, 5, "the rest has its turn, whatever the first does");
    away = false;
    assert.equal(
      (await reconciler.walk()).requeued,
      1,
      "what was passed over has its turn in the next round",
    );
    assert.deepEqual([...(await own.queues.waiting())], [["default", 21]]);
  });
});
