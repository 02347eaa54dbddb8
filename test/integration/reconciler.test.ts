import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { type RunningRedis, startRedis } from "@osteon/embedded";
import {
  Analyses,
  type AnalysisRequest,
  acceptedFilm,
  closeRedis,
  connectRedis,
  deliveryName,
  FileStore,
  type FilmResult,
  filmJobId,
  Ledger,
  LiveState,
  ProblemError,
  Producer,
  Reconciler,
} from "@osteon/shared";
import { v7 as uuidv7 } from "uuid";

let folder: string;
let server: RunningRedis;
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "osteon-reconciler-"));
  server = await startRedis({ dataDir: folder });
});
after(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

let redis: ReturnType<typeof connectRedis>;
let store: FileStore;
let producer: Producer;
let analyses: Analyses;
let now: number;
beforeEach(async () => {
  redis = connectRedis(server.url, "commands");
  await redis.flushall();
  store = new FileStore(await mkdtemp(path.join(folder, "store-")));
  producer = new Producer(redis);
  analyses = new Analyses({ ledger: new Ledger(store), live: new LiveState(redis), producer });
  now = Date.now() + 60_000;
});
afterEach(async () => {
  await producer.close();
  await closeRedis(redis);
});

function request(films = 1, more: Partial<AnalysisRequest> = {}): AnalysisRequest {
  return {
    v: 1,
    id: uuidv7(),
    tenant: "default",
    createdAt: new Date().toISOString(),
    films: Array.from({ length: films }, (_, index) => ({
      index,
      contentType: "image/png",
      digest: `sha256:${"a".repeat(64)}`,
      bytes: 3,
    })),
    ...more,
  };
}

function result(of: AnalysisRequest, film = 0): FilmResult {
  const accepted = of.films[film];
  assert.ok(accepted);
  return { film: { ...acceptedFilm(accepted), outcome: "not-identified" }, timings: {} };
}

const accept = async (of: AnalysisRequest) => {
  await analyses.accept(
    of,
    of.films.map(() => Buffer.from("abc")),
  );
  return of;
};

async function walk() {
  await redis.del("{osteon}:reconciler");
  const report = await new Reconciler({ analyses, producer, redis, now: () => now }).walk(5);
  assert.ok(report);
  return report;
}

const pending = async () => {
  const ids: string[] = [];
  for await (const id of analyses.ledger.pending.ids()) ids.push(id);
  return ids;
};

describe("the reconciler", () => {
  test("leaves alone what is on its way, and what has just come", async () => {
    await accept(request(3));
    assert.deepEqual(await walk(), { seen: 1, requeued: 0, settled: 0, redelivered: 0, swept: 0 });
    now = Date.now();
    assert.equal((await walk()).seen, 0);
  });

  test("enqueues again what a wiped Redis forgot, once", async () => {
    const one = await accept(request(2));
    await redis.flushall();
    assert.equal((await walk()).requeued, 2);
    assert.equal(await producer.state("bodypart", filmJobId(one.id, 1, "bodypart")), "pending");
    assert.equal((await walk()).requeued, 0);
  });

  test("enqueues only the films that have not ended", async () => {
    const one = await accept(request(2));
    await analyses.filmEnded(one, result(one, 0));
    await redis.flushall();
    assert.equal((await walk()).requeued, 1);
    assert.equal(await producer.state("bodypart", filmJobId(one.id, 0, "bodypart")), "unknown");
  });

  test("ends what had all its films' ends when the worker died", async () => {
    const one = await accept(request(2));
    await analyses.ledger.putFilmResult(one, result(one, 0));
    await analyses.ledger.putFilmResult(one, result(one, 1));
    assert.equal((await walk()).settled, 0, "its jobs are still in the queue: nothing is lost yet");
    await redis.flushall();
    assert.equal((await walk()).settled, 1);
    assert.equal((await analyses.get(one))?.status, "completed");
    assert.deepEqual(await pending(), []);
  });

  test("finishes an end that was written and not followed up: delivery, marker, waiting clients", async () => {
    const one = await accept(request(1, { callbackUrl: "https://example.com/" }));
    const before = await analyses.get(one);
    assert.ok(before);
    const ended = await analyses.settle(one, { ...before, status: "completed" });
    // As if the worker had died right after writing the result.
    await store.put(`pending/${one.id}`, JSON.stringify({ tenant: "default" }));
    await analyses.ledger.deliveries.remove({ tenant: "default", event: one.id });
    await redis.flushall();
    assert.equal((await walk()).settled, 1);
    assert.equal(await producer.state("webhook", deliveryName(one.id)), "pending");
    assert.deepEqual((await analyses.get(one))?.status, ended.status);
    assert.deepEqual(await pending(), []);
  });

  test("brings back a delivery that Redis forgot, and leaves a dead letter dead", async () => {
    const one = await accept(request(1, { callbackUrl: "https://example.com/" }));
    await analyses.filmEnded(one, result(one));
    await redis.flushall();
    assert.equal((await walk()).redelivered, 1);
    assert.equal((await walk()).redelivered, 0);
  });

  test("sweeps an upload that never became an analysis, after its time", async () => {
    const lost = request();
    await store.put(`pending/${lost.id}`, JSON.stringify({ tenant: "default" }));
    assert.equal((await walk()).swept, 0);
    now += 20 * 60_000;
    assert.equal((await walk()).swept, 1);
    assert.deepEqual(await pending(), []);
  });

  test("sweeps films that were staged and never accepted, and uploads that nobody named", async () => {
    const lost = request();
    await analyses.ledger.stage(lost, 0, Buffer.from("half a film"));
    await store.put(`uploads/${lost.id}/default/film`, "never named");
    assert.equal((await walk()).swept, 0);
    now += 20 * 60_000;
    assert.equal((await walk()).swept, 1);
    assert.deepEqual(await store.list("analyses/"), []);
    assert.equal((await store.list("uploads/")).length, 1);
    now += 60 * 60_000;
    assert.equal((await walk()).swept, 1);
    assert.deepEqual(await store.list("uploads/"), []);
  });

  test("enqueues again in the order of fair shares, urgent films first", async () => {
    await accept(request(5));
    const urgent = await accept(request(1, { priority: "urgent" }));
    await redis.flushall();
    assert.equal((await walk()).requeued, 6);
    const [first] = await redis.zrange("{osteon}:bodypart:prioritized", "0", "0");
    assert.equal(first, filmJobId(urgent.id, 0, "bodypart"));
    assert.deepEqual([...(await producer.waiting())], [["default", 6]]);
  });

  test("lets one walk at a time", async () => {
    await walk();
    assert.equal(await new Reconciler({ analyses, producer, redis }).walk(5), undefined);
  });
});

describe("an end", () => {
  test("is written once: a second one, also another, changes nothing", async () => {
    const one = await accept(request());
    await analyses.filmEnded(one, result(one));
    const first = await analyses.get(one);
    await analyses.filmFailed(one, 0, new ProblemError("film-lost"));
    assert.deepEqual(await analyses.get(one), first);
    await redis.flushall();
    assert.deepEqual(await analyses.get(one), first, "the ledger tells the same without Redis");
  });

  test("comes with the last film, whichever that is, even when two end at once", async () => {
    const one = await accept(request(4));
    await Promise.all([3, 1, 0].map((film) => analyses.filmEnded(one, result(one, film))));
    assert.equal((await analyses.get(one))?.status, "queued");
    await Promise.all([2, 2].map((film) => analyses.filmEnded(one, result(one, film))));
    assert.equal((await analyses.get(one))?.status, "completed");
    assert.deepEqual(await pending(), []);
  });

  test("cancelled stays cancelled, whatever comes late", async () => {
    const one = await accept(request());
    assert.equal((await analyses.cancel(one)).status, "cancelled");
    assert.equal(await producer.state("bodypart", filmJobId(one.id, 0, "bodypart")), "unknown");
    await analyses.filmEnded(one, result(one));
    assert.equal((await analyses.get(one))?.status, "cancelled");
    assert.equal((await analyses.cancel(one)).status, "cancelled");
    assert.equal(await analyses.start(one, 0), undefined);
  });

  test("erased leaves nothing in store, queue or Redis", async () => {
    const one = await accept(request(2));
    await analyses.erase(one);
    assert.equal(await analyses.get(one), undefined);
    assert.deepEqual(await store.list("analyses/"), []);
    assert.deepEqual(await pending(), []);
    const keys = (await redis.keys("*")).filter((key) => key.includes(one.id));
    assert.deepEqual(
      keys,
      [`{osteon}:erased:${one.id}`],
      "but for the note that it was erased, which goes by itself",
    );
    assert.ok((await redis.ttl(keys[0] ?? "")) > 0);
  });
});

test("work under way does not bring back what was erased", async () => {
  const nothingLeft = async (id: string) => {
    assert.equal(await analyses.get({ tenant: "default", id }), undefined);
    assert.deepEqual(await store.list("analyses/"), []);
    assert.deepEqual(await pending(), []);
    assert.deepEqual(
      (await redis.keys("*")).filter((key) => key.includes(id) && !key.includes(":erased:")),
      [],
    );
  };
  const single = await accept(request(1, { callbackUrl: "https://example.com/" }));
  await analyses.start(single, 0);
  await analyses.erase(single);
  await analyses.ledger.putImage(single, 0, Buffer.from("late"));
  await analyses.filmEnded(single, result(single));
  await nothingLeft(single.id);

  const several = await accept(request(2));
  await analyses.start(several, 0);
  await analyses.erase(several);
  await analyses.filmEnded(several, result(several, 0));
  await nothingLeft(several.id);
});

test("acceptance that fails leaves nothing behind", async () => {
  const one = request();
  const broken = new Analyses({
    ledger: new Ledger(store),
    live: new LiveState(redis),
    producer: Object.assign(Object.create(producer), {
      add: () => Promise.reject(new ProblemError("queue-unavailable")),
    }) as Producer,
  });
  await assert.rejects(broken.accept(one, [Buffer.from("abc")]), ProblemError);
  assert.deepEqual(await store.list("analyses/"), []);
  assert.deepEqual(await pending(), []);
});
