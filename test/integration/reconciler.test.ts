import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { beforeEach, describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import {
  Analyses,
  type Analysis,
  type AnalysisRequest,
  analysisFolder,
  closeRedis,
  connectRedis,
  deliveryName,
  FileStore,
  filmJobId,
  Ledger,
  LiveState,
  Metrics,
  ProblemError,
  type Queues,
  Reconciler,
  RunningProcessor,
} from "@osteon/shared";
import { v7 as uuidv7 } from "uuid";
import { freshAnalysesEach } from "../support/fresh-analyses.js";
import { accept as acceptBy, requestOf, resultOf } from "../support/requests.js";

const own = freshAnalysesEach();

let now: number;
let elapsed: number;
let reconciler: Reconciler;
beforeEach(async () => {
  now = Date.now() + 60_000;
  elapsed = 0;
  reconciler = new Reconciler({ ...own, now: () => now, elapsed: () => elapsed });
});

const accept = (of: AnalysisRequest) => acceptBy(own.analyses, of);

/** Time goes by, minutes, on every clock. */
function pass(minutes: number): void {
  now += minutes * 60_000;
  elapsed += minutes * 60_000;
}

const walk = () => own.walk(reconciler);

const pending = async () => {
  await own.analyses.ledger.pending.flush();
  const ids: string[] = [];
  for await (const id of own.analyses.ledger.pending.ids()) ids.push(id);
  return ids;
};

describe("the reconciler", () => {
  test("leaves alone what is on its way, and what has just come", async () => {
    await accept(requestOf(3));
    assert.deepEqual(await walk(), { seen: 1, requeued: 0, settled: 0, redelivered: 0, swept: 0, stuck: 0 });
    now = Date.now();
    assert.equal((await walk()).seen, 0);
  });

  test("is counted by everything that it reports to have done, from 0 on", async () => {
    const { seen: _, ...done } = await walk();
    const metrics = new Metrics("gateway");
    metrics.close();
    const { values } = await metrics.reconciled.get();
    const told = values.map(({ labels, value }) => [labels.action, value]);
    assert.deepEqual(Object.fromEntries(told), done);
  });

  test("enqueues again what a wiped Redis forgot, once", async () => {
    const one = await accept(requestOf(2));
    await own.redis.flushall();
    assert.equal((await walk()).requeued, 2);
    assert.equal(await own.queues.state("bodypart", filmJobId(one.id, 1, "bodypart")), "pending");
    assert.equal((await walk()).requeued, 0);
  });

  test("enqueues only the films that have not ended", async () => {
    const one = await accept(requestOf(2));
    await own.analyses.filmEnded(one, resultOf(one, 0));
    await own.redis.flushall();
    assert.equal((await walk()).requeued, 1);
    assert.equal(await own.queues.state("bodypart", filmJobId(one.id, 0, "bodypart")), "unknown");
  });

  test("ends what had all its films' ends when the worker died", async () => {
    const one = await accept(requestOf(2));
    await own.analyses.ledger.results.putFilm(one, resultOf(one, 0));
    await own.analyses.ledger.results.putFilm(one, resultOf(one, 1));
    assert.equal((await walk()).settled, 0, "its jobs are still in the queue: nothing is lost yet");
    await own.redis.flushall();
    assert.equal((await walk()).settled, 1);
    assert.equal((await own.analyses.get(one))?.status, "completed");
    assert.deepEqual(await pending(), []);
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
    assert.equal((await walk()).settled, 1);
    assert.equal(await own.queues.state("webhook", deliveryName({ event: one.id })), "pending");
    assert.deepEqual((await own.analyses.get(one))?.status, ended.status);
    assert.deepEqual(await pending(), []);
  });

  test("brings back a delivery that Redis forgot, and leaves a dead letter dead", async () => {
    const one = await accept(requestOf(1, { callbackUrl: "https://example.com/" }));
    await own.analyses.filmEnded(one, resultOf(one));
    await own.redis.flushall();
    assert.equal((await walk()).redelivered, 1);
    assert.equal((await walk()).redelivered, 0);
    await own.analyses.dispatch.giveUp({ tenant: one.tenant, event: one.id }, "gone");
    await own.redis.flushall();
    assert.equal((await walk()).redelivered, 0);
    assert.ok(await own.analyses.ledger.deliveries.dead.has(deliveryName({ event: one.id })));
    assert.equal(await own.queues.state("webhook", deliveryName({ event: one.id })), "unknown");
  });

  test("tells of a film whose worker died each time that its worker was lost", async (t) => {
    const one = await accept(requestOf());
    t.mock.method(own.queues, "state", async () => "failed");
    t.mock.method(own.queues, "failedReason", async () => "job stalled more than allowable limit");
    assert.equal((await walk()).settled, 1);
    assert.equal((await own.analyses.get(one))?.error?.code, "worker-lost");
  });

  test("sweeps an upload that never became an analysis, after its time", async () => {
    const lost = requestOf();
    await own.store.put(`pending/${lost.id}`, JSON.stringify({ tenant: "default" }));
    assert.equal((await walk()).swept, 0);
    pass(20);
    assert.equal((await walk()).swept, 1);
    assert.deepEqual(await pending(), []);
  });

  test("a clock that jumps ahead sweeps nothing that is still being sent", async () => {
    const coming = requestOf();
    await own.analyses.ledger.stage(coming, 0, Buffer.from("abc"));
    assert.equal((await walk()).swept, 0);
    now += 60 * 60_000;
    assert.equal((await walk()).swept, 0);
    await own.analyses.accept(coming, [undefined]);
    assert.equal((await walk()).swept, 0);
    assert.deepEqual(await own.analyses.ledger.original(coming, 0), Buffer.from("abc"));
  });

  test("sweeps no film while its request may still come", async () => {
    const patient = new Reconciler({
      ...{ ...own, now: () => now, elapsed: () => elapsed },
      requestSeconds: 3600,
    });
    const coming = requestOf();
    await own.analyses.ledger.stage(coming, 0, Buffer.from("abc"));
    const swept = async () => {
      await own.redis.del("{osteon}:reconciler");
      return (await patient.walk(5))?.swept;
    };
    assert.equal(await swept(), 0);
    pass(69);
    assert.equal(await swept(), 0);
    pass(1);
    assert.equal(await swept(), 1);
  });

  test("a film that was swept under its client is not promised", async () => {
    const slow = requestOf(2);
    await own.analyses.ledger.stage(slow, 0, Buffer.from("abc"));
    await walk();
    pass(20);
    assert.equal((await walk()).swept, 1);
    await own.analyses.ledger.stage(slow, 1, Buffer.from("abc"));
    await assert.rejects(own.analyses.accept(slow, [undefined, undefined]), { code: "request-timeout" });
    assert.deepEqual(await own.store.list("analyses/"), []);
    assert.deepEqual(await pending(), []);
    assert.equal(await own.analyses.live(slow.id), undefined);
    assert.equal(await own.queues.state("bodypart", filmJobId(slow.id, 0, "bodypart")), "unknown");
  });

  test("a film that outlived the sweep of its marker is promised with a new one", async () => {
    const slow = requestOf();
    await own.analyses.ledger.stage(slow, 0, Buffer.from("abc"));
    await own.analyses.ledger.pending.remove(slow.id);
    await own.analyses.accept(slow, [undefined]);
    await own.redis.flushall();
    assert.equal((await walk()).requeued, 1);
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
      const { requeued, redelivered } = await walk();
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
    assert.equal((await walk()).redelivered, 0);
    assert.equal(await own.redis.zcard("{osteon}:webhook:delayed"), 1);
  });

  describe("damaged records", () => {
    const corrupt = async (key: string) => {
      const bytes = await own.store.get(key);
      assert.ok(bytes);
      bytes[bytes.length - 9] = (bytes[bytes.length - 9] ?? 0) ^ 1;
      await own.store.put(key, bytes);
    };

    for (const wiped of [false, true]) {
      test(`a request.json that was altered fails its analysis by a code${wiped ? ", also where Redis was wiped" : ""}`, async () => {
        const [hurt, well] = [await accept(requestOf(2)), await accept(requestOf())];
        await corrupt(`${analysisFolder(hurt.tenant, hurt.id)}request.json`);
        if (wiped) await own.redis.flushall();
        else await own.queues.remove("bodypart", filmJobId(hurt.id, 0, "bodypart"));
        const report = await walk();
        assert.equal(report.settled, 1);
        assert.equal(report.requeued, wiped ? 1 : 0, "the other goes its way");
        const end = await own.analyses.get(hurt);
        assert.equal(end?.status, "failed");
        assert.equal(end.error?.code, "record-damaged");
        assert.equal(end.films.length, wiped ? 0 : 2);
        assert.deepEqual(await pending(), [well.id]);
      });
    }

    test("a film's result that was altered fails its analysis by a code", async () => {
      const hurt = await accept(requestOf(2));
      await own.analyses.filmEnded(hurt, resultOf(hurt, 0));
      await corrupt(`${analysisFolder(hurt.tenant, hurt.id)}results/0.json`);
      await assert.rejects(own.analyses.filmEnded(hurt, resultOf(hurt, 1)), { code: "record-damaged" });
      await own.redis.flushall();
      assert.equal((await walk()).settled, 1);
      assert.equal((await own.analyses.get(hurt))?.error?.code, "record-damaged");
    });

    test("a marker that was altered is still known for its analysis", async () => {
      const place = `pending/${(await accept(requestOf())).id}`;
      const kept = (await own.store.get(place))?.toString() ?? "";
      for (const text of ['{"tena', kept.replace("default", "defau1t")]) {
        await own.store.put(place, text);
        await own.redis.flushall();
        assert.equal((await walk()).requeued, 1, text);
      }
    });

    test("a result that was altered is told as such, and holds nobody else up", async () => {
      const [hurt, well] = [await accept(requestOf()), await accept(requestOf())];
      await own.analyses.filmEnded(hurt, resultOf(hurt));
      await corrupt(`${analysisFolder(hurt.tenant, hurt.id)}result.json`);
      await own.analyses.ledger.pending.flush();
      await own.store.put(`pending/${hurt.id}`, JSON.stringify({ tenant: "default" }));
      await own.redis.flushall();
      const report = await walk();
      assert.deepEqual([report.stuck, report.requeued], [1, 1]);
      await assert.rejects(own.analyses.get(hurt), { code: "record-damaged" });
      assert.equal((await own.analyses.get(well))?.status, "processing");
    });
  });

  test("sweeps films that were staged and never accepted, and uploads that nobody named", async () => {
    const lost = requestOf();
    await own.analyses.ledger.stage(lost, 0, Buffer.from("half a film"));
    const unnamed = (minutes: number) =>
      own.store.put(`uploads/${uuidv7({ msecs: now - minutes * 60_000 })}/default/film`, "never named");
    await unnamed(59);
    assert.equal((await walk()).swept, 0);
    await unnamed(61);
    assert.equal((await walk()).swept, 1);
    assert.equal((await own.store.list("uploads/")).length, 1);
    pass(20);
    assert.equal((await walk()).swept, 1);
    assert.deepEqual(await own.store.list("analyses/"), []);
  });

  test("sweeps no upload by a clock that is another than Redis's, and tells of that once", async () => {
    const told: number[] = [];
    const wrong = new Reconciler({
      ...{ ...own, now: () => now, elapsed: () => elapsed },
      onClockDiffers: (milliseconds) => told.push(milliseconds),
    });
    await own.store.put(`uploads/${uuidv7({ msecs: now })}/default/film`, "just put");
    const swept = async () => {
      await own.redis.del("{osteon}:reconciler");
      return (await wrong.walk(5))?.swept;
    };
    const right = now;
    now += 2 * 3_600_000;
    assert.deepEqual([await swept(), await swept()], [0, 0]);
    now = right - 3_600_000;
    assert.equal(await swept(), 0);
    assert.ok(told.length === 1 && Math.abs((told[0] ?? 0) - 2 * 3_600_000) < 5 * 60_000, `${told}`);
    await own.store.put(`uploads/${uuidv7({ msecs: right - 2 * 3_600_000 })}/default/film`, "two hours ago");
    now = right;
    assert.equal(await swept(), 1);
    now += 2 * 3_600_000;
    assert.equal(await swept(), 0);
    assert.equal(told.length, 2, "it was right meanwhile");
  });

  test("keeps no other from walking where its own store is away, or its clock is wrong", async (t) => {
    const one = await accept(requestOf());
    await redis.flushall();
    await store.put(`uploads/${uuidv7({ msecs: now - 3 * 3_600_000 })}/default/film`, "three hours ago");
    const list = t.mock.method(store, "list", () => Promise.reject(new ProblemError("store-unavailable")));
    await assert.rejects(reconciler.walk(600), { code: "store-unavailable" });
    list.mock.restore();
    const wrong = new Reconciler({
      analyses,
      queues,
      redis,
      now: () => now + 3_600_000,
      elapsed: () => elapsed,
    });
    const report = await wrong.walk(600);
    assert.deepEqual([report?.requeued, report?.swept], [1, 0]);
    assert.equal(await queues.state("bodypart", filmJobId(one.id, 0, "bodypart")), "pending");
    assert.equal((await reconciler.walk(600))?.swept, 1);
    assert.equal(await reconciler.walk(600), undefined);
  });

  test("knows of an upload that was used for as long as its request may be repeated", async () => {
    const { uploads } = own.analyses.ledger;
    const used = { digest: "sha256:00", bytes: 6 };
    /** One of so many hours ago. */
    const usedUpload = async (hours: number) => {
      const ref = { tenant: "default", id: uuidv7({ msecs: now - hours * 3_600_000 }) };
      await own.store.put(`uploads/${ref.id}/default/film`, "a film");
      await uploads.use(ref, used);
      return ref;
    };
    // A day behind the end of its hour.
    const [known, past] = [await usedUpload(24.9), await usedUpload(25.1)];
    assert.deepEqual(await own.store.list("uploads/"), []);
    await walk();
    assert.deepEqual(await uploads.used(known), used);
    assert.equal(await uploads.used(past), undefined);
  });

  test("enqueues again in the order of fair shares, urgent films first", async () => {
    await accept(requestOf(5));
    const urgent = await accept(requestOf(1, { priority: "urgent" }));
    await own.redis.flushall();
    assert.equal((await walk()).requeued, 6);
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
    await assert.rejects(walk(), { code: "store-unavailable" });
    assert.equal((await walk()).seen, 5, "the rest has its turn, whatever the first does");
    away = false;
    assert.equal((await walk()).requeued, 1, "what was passed over has its turn in the next round");
    assert.deepEqual([...(await own.queues.waiting())], [["default", 21]]);
  });

  test("lets one walk at a time", async () => {
    await walk();
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
    const walking = reconciler.walk(lockSeconds);
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
    await assert.rejects(walk(), { code: "queue-unavailable" });
    assert.deepEqual([...(await own.queues.waiting())], [["default", 1]]);
    assert.equal(await own.redis.get("{osteon}:reconciler"), "another");
  });
});

describe("an end", () => {
  test("is written once: a second one, also another, changes nothing", async () => {
    const one = await accept(requestOf());
    await own.analyses.filmEnded(one, resultOf(one));
    const first = await own.analyses.get(one);
    assert.equal(await own.analyses.filmFailed(one, 0, new ProblemError("film-lost")), false);
    assert.deepEqual(await own.analyses.get(one), first);
    await own.redis.flushall();
    assert.deepEqual(await own.analyses.get(one), first, "the ledger tells the same without Redis");
  });

  test("comes with the last film, whichever that is, even when two end at once", async () => {
    const one = await accept(requestOf(4));
    await Promise.all([3, 1, 0].map((film) => own.analyses.filmEnded(one, resultOf(one, film))));
    assert.equal((await own.analyses.get(one))?.status, "queued");
    await Promise.all([2, 2].map((film) => own.analyses.filmEnded(one, resultOf(one, film))));
    assert.equal((await own.analyses.get(one))?.status, "completed");
    assert.deepEqual(await pending(), []);
  });

  test("of a film is told as it was written, also while others are on their way", async () => {
    const one = await accept(requestOf(2));
    // Its worker died after the film's end was in the store, before Redis knew of it; four times.
    await own.analyses.ledger.results.putFilm(one, resultOf(one, 0));
    assert.equal(await own.analyses.filmFailed(one, 0, new ProblemError("worker-lost")), false);
    const { error, outcome } = (await own.analyses.get(one))?.films[0] ?? {};
    assert.deepEqual([error, outcome], [undefined, resultOf(one, 0).film.outcome]);
    assert.equal(await own.analyses.filmFailed(one, 1, new ProblemError("worker-lost")), true);
    assert.equal((await own.analyses.get(one))?.films[1]?.error?.code, "worker-lost");
  });

  test("that Redis lost in a failover is told all the same, and looked up once", async (t) => {
    // After this connection was made, as the clock says.
    const accepted = Date.now() + 60_000;
    const one = await accept(requestOf(1, { createdAt: new Date(accepted).toISOString() }));
    const get = t.mock.method(own.store, "get");
    assert.equal((await own.analyses.get(one))?.status, "queued");
    assert.equal(get.mock.callCount(), 0, "whoever polls costs the store nothing");
    await own.analyses.filmEnded(one, resultOf(one));
    const end = await own.analyses.get(one);
    assert.equal(end?.status, "completed");

    t.mock.timers.enable({ apis: ["Date"], now: accepted + 60_000 });
    const back = once(own.redis, "ready");
    own.redis.disconnect(true);
    await back;
    await own.redis.hdel(`{osteon}:live:${one.id}`, "end");
    assert.deepEqual(await own.analyses.get(one), end);
    const asked = get.mock.callCount();
    assert.deepEqual(await own.analyses.get(one), end);
    assert.equal(get.mock.callCount(), asked);
  });

  test("cancelled stays cancelled, whatever comes late", async () => {
    const one = await accept(requestOf());
    assert.equal((await own.analyses.cancel(one)).status, "cancelled");
    assert.equal(await own.queues.state("bodypart", filmJobId(one.id, 0, "bodypart")), "unknown");
    await own.analyses.filmEnded(one, resultOf(one));
    assert.equal((await own.analyses.get(one))?.status, "cancelled");
    assert.equal((await own.analyses.cancel(one)).status, "cancelled");
    assert.equal(await own.analyses.start(one, 0), undefined);
  });

  test("cancelled has all that its films had shown, also while it was being cancelled", async (t) => {
    const one = await accept(requestOf(2));
    await own.analyses.start(one, 0);
    const seen: (Analysis | undefined)[] = [];
    const writing = t.mock.method(own.analyses.ledger.results, "put");
    writing.mock.mockImplementationOnce(async (...call) => {
      writing.mock.restore();
      await own.analyses.filmEnded(one, resultOf(one, 0));
      seen.push(await own.analyses.get(one));
      return own.analyses.ledger.results.put(...call);
    });
    const end = await own.analyses.cancel(one);
    assert.deepEqual(seen[0]?.films, end.films);
    assert.deepEqual(await own.analyses.get(one), end);
  });

  test("comes though a cancel broke off, with all its films", async (t) => {
    const one = await accept(requestOf(2));
    const writing = t.mock.method(own.analyses.ledger.results, "put");
    writing.mock.mockImplementationOnce(() => Promise.reject(new ProblemError("store-unavailable")));
    await assert.rejects(own.analyses.cancel(one), { code: "store-unavailable" });
    for (const film of [0, 1]) await own.analyses.filmEnded(one, resultOf(one, film));
    const end = await own.analyses.get(one);
    assert.deepEqual([end?.status, end?.films.length], ["completed", 2]);
  });

  test("erased leaves nothing in store, queue or Redis", async () => {
    const one = await accept(requestOf(2));
    await own.analyses.erase(one);
    assert.equal(await own.analyses.get(one), undefined);
    assert.deepEqual(await own.store.list("analyses/"), []);
    assert.deepEqual(await pending(), []);
    const keys = (await own.redis.keys("*")).filter((key) => key.includes(one.id));
    assert.deepEqual(
      keys,
      [`{osteon}:erased:${one.id}`],
      "but for the note that it was erased, which goes by itself",
    );
    assert.ok((await own.redis.ttl(keys[0] ?? "")) > 0);
  });
});

test("work under way does not bring back what was erased", async () => {
  const nothingLeft = async (id: string) => {
    assert.equal(await own.analyses.get({ tenant: "default", id }), undefined);
    assert.deepEqual(await own.store.list("analyses/"), []);
    assert.deepEqual(await pending(), []);
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
  await walk();
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
  await walk();
  pass(20);
  await walk();
  assert.deepEqual(await own.store.list("analyses/"), []);
  assert.deepEqual(await pending(), []);
});

test("what a gateway promised whose clock was ahead is put back as well, and swept where it was broken off", async () => {
  const hour = 60 * 60_000;
  const lost = await accept(requestOf(1, { id: uuidv7({ msecs: now + hour }) }));
  const brokenOff = { tenant: "default", id: uuidv7({ msecs: now + hour }) };
  await own.analyses.ledger.stage(brokenOff, 0, Buffer.from("abc"));
  await own.redis.flushall();
  assert.equal((await walk()).requeued, 0, "it may be on its way still");
  pass(0.5);
  assert.equal((await walk()).requeued, 1);
  assert.equal(await own.queues.state("bodypart", filmJobId(lost.id, 0, "bodypart")), "pending");
  pass(20);
  assert.equal((await walk()).swept, 1);
  assert.deepEqual(await pending(), [lost.id]);
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
  assert.deepEqual(await pending(), []);
  assert.equal(await own.analyses.isErased(one.id), true, "a worker that has its job lets it be");
  const promised = requestOf();
  await assert.rejects(
    broken.accept(promised, [Buffer.from("abc")], async () => false),
    ProblemError,
  );
  await own.redis.flushall();
  assert.equal((await walk()).requeued, 1, "what a repeat was promised meanwhile goes on");
});

test("views that had ended are seen again where Redis forgot them, before the others end", async () => {
  const exam = await accept(requestOf(2));
  await own.analyses.filmEnded(exam, resultOf(exam, 0));
  await own.redis.flushall();
  assert.equal((await own.analyses.start(exam, 1))?.id, exam.id);
  const films = (await own.analyses.live(exam.id))?.films.map(({ done }) => done?.film.outcome);
  assert.deepEqual(films, ["not-identified", undefined]);
});
