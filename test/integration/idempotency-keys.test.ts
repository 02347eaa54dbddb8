import assert from "node:assert/strict";
import { beforeEach, type TestContext, test } from "node:test";
import { type ClaimedRequest, Idempotency } from "@osteon/gateway/intake/idempotency";
import { MemoryBudget } from "@osteon/gateway/intake/memory-budget";
import { Submission, type Submitted } from "@osteon/gateway/intake/submission";
import {
  type Analysis,
  analysisFolder,
  type Backbone,
  type IdempotencyRecords,
  ProblemError,
  Reconciler,
  TargetPolicy,
} from "@osteon/shared";
import { ownBackbone } from "../support/backbone.js";
import { filmBytes, testFilms } from "../support/films.js";
import { by, nobody } from "../support/idempotency.js";

const hour = 3_600_000;
const backbone = ownBackbone();
beforeEach(() => backbone.redis.flushall());

const records = () => backbone.analyses.ledger.idempotency;
const analysis = (id: string) =>
  by(async (asked) => (asked === id ? ({ id, status: "queued" } as Analysis) : undefined));

/** Takes the key, and answers. */
async function used(keys: Idempotency, request: ClaimedRequest): Promise<void> {
  const claim = await keys.claim(request, nobody);
  assert.ok("settle" in claim, "the key was free");
  assert.equal(await claim.keep(), true);
  assert.equal(await claim.settle(), true);
}

/** The memory of a gateway that holds no film: each goes to the store as it comes. */
const noRoom = new MemoryBudget(1);
noRoom.tryTake("another", 1);

/** Submits a film under a key. */
function submitUnder(
  key: string,
  redis: Backbone["redis"] = backbone.redis,
  memory?: MemoryBudget,
): Promise<Submitted> {
  const dependencies = {
    config: backbone.config,
    policy: new TargetPolicy(""),
    backbone: { ...backbone, redis },
    admission: { check: () => undefined, requireQueue: () => undefined, accepted: () => undefined },
  };
  const submission = new Submission(dependencies, memory);
  const film = filmBytes(testFilms(1, "hand")[0]?.file ?? "");
  return submission.submit(
    { tenant: "a", key: null },
    async (intake) => {
      await intake.take(
        (async function* () {
          yield film;
        })(),
      );
      return {};
    },
    key,
  );
}

test("a key is its tenant's own, also where only the store knows it", async () => {
  const keys = new Idempotency(backbone.redis, records());
  await used(keys, { tenant: "a", key: "same", fingerprint: "one", id: "first" });
  await used(keys, { tenant: "b", key: "same", fingerprint: "other", id: "second" });
  await backbone.redis.flushall();
  await used(keys, { tenant: "c", key: "same", fingerprint: "third", id: "third" });
});

test("a key outlives a Redis that is wiped", async () => {
  const keys = new Idempotency(backbone.redis, records());
  const request = { tenant: "a", key: "wiped", fingerprint: "one", id: "first" };
  await used(keys, request);
  await backbone.redis.flushall();
  const repeat = { ...request, id: "second" };
  await assert.rejects(keys.claim({ ...repeat, fingerprint: "other" }, analysis("first")), {
    code: "idempotency-key-reused",
  });
  assert.equal(((await keys.claim(repeat, analysis("first"))) as Analysis).id, "first");
  await backbone.redis.flushall();
  const anew = await keys.claim({ ...repeat, id: "third" }, nobody);
  assert.ok("settle" in anew, "what was erased is made anew");
});

test("a key outlives a Redis that is wiped, and a gateway that died while it asked the store for it", async () => {
  let now = Date.now();
  const keys = new Idempotency(backbone.redis, records(), () => now);
  const request = { tenant: "a", key: "wiped and died", fingerprint: "one", id: "first" };
  await used(keys, request);
  await backbone.redis.flushall();
  const died = new Promise<void>((asked) => {
    const find = () => {
      asked();
      return new Promise<never>(() => undefined);
    };
    const unanswered = Object.assign(Object.create(records()) as IdempotencyRecords, { find });
    const dying = new Idempotency(backbone.redis, unanswered, () => now);
    void dying.claim({ ...request, id: "second" }, analysis("first"));
  });
  await died;
  const repeat = { ...request, id: "third" };
  await assert.rejects(keys.claim(repeat, analysis("first")), { code: "idempotency-in-flight" });
  now += 31_000;
  assert.equal(((await keys.claim(repeat, analysis("first"))) as Analysis).id, "first");
  assert.equal(((await keys.claim({ ...repeat, id: "fourth" }, analysis("first"))) as Analysis).id, "first");
});

test("a Redis 6.2 is enough", async () => {
  const redis = new Proxy(backbone.redis, {
    get: (whole, name) => {
      const value: unknown = Reflect.get(whole, name, whole);
      if (name !== "set") return typeof value === "function" ? value.bind(whole) : value;
      return async (...words: string[]) => {
        // As it answers: either of them alone it knows.
        if (words.includes("NX") && words.includes("GET")) throw new Error("ERR syntax error");
        return Reflect.apply(whole.set, whole, words);
      };
    },
  });
  const keys = new Idempotency(redis, records());
  const request = { tenant: "a", key: "old server", fingerprint: "one", id: "first" };
  const claim = await keys.claim(request, nobody);
  assert.ok("settle" in claim, "the key was free");
  assert.equal(await claim.keep(), true);
  await assert.rejects(keys.claim({ ...request, id: "second" }, nobody), { code: "idempotency-in-flight" });
  assert.equal(await claim.settle(), true);
  assert.equal(((await keys.claim({ ...request, id: "third" }, analysis("first"))) as Analysis).id, "first");
});

test("a store that is away gives nobody a key that may be another's", async () => {
  const away = { find: async () => Promise.reject(Object.assign(new Error("away"), { code: "gone" })) };
  const unread = Object.assign(Object.create(records()) as IdempotencyRecords, away);
  const keys = new Idempotency(backbone.redis, unread);
  const request = { tenant: "a", key: "away", fingerprint: "one", id: "first" };
  await assert.rejects(keys.claim(request, nobody), { code: "gone" });
  assert.equal(await backbone.redis.exists(...(await backbone.redis.keys("{osteon}:idempotency:*")), "-"), 0);
});

test("a key counts for a day, and its record goes when nobody can ask for it", async () => {
  const began = Date.UTC(2026, 3, 5, 22);
  let now = began;
  const keys = new Idempotency(backbone.redis, records(), () => now);
  const request = { tenant: "a", key: "aged", fingerprint: "one", id: "first" };
  await used(keys, request);
  await backbone.redis.flushall();
  now = began + 23 * hour;
  assert.equal(((await keys.claim({ ...request, id: "again" }, analysis("first"))) as Analysis).id, "first");
  await backbone.redis.flushall();
  now = began + 25 * hour;
  await used(keys, { ...request, id: "second" });
  await records().sweep(began + 24 * hour);
  assert.ok(
    (await backbone.store.list("idempotency/", { folders: true })).includes("idempotency/2026-04-05/"),
  );
  await records().sweep(began + 27 * hour);
  assert.ok(
    !(await backbone.store.list("idempotency/", { folders: true })).includes("idempotency/2026-04-05/"),
  );
});

test("a key whose record is damaged is not refused for that", async () => {
  const keys = new Idempotency(backbone.redis, records());
  const request = { tenant: "a", key: "damaged", fingerprint: "one", id: "first" };
  await used(keys, request);
  await backbone.redis.flushall();
  for (const folder of await backbone.store.list("idempotency/", { folders: true }))
    for (const key of await backbone.store.list(folder)) await backbone.store.put(key, '{"v":2,"dig');
  await used(keys, { ...request, id: "second" });
});

test("where Redis fails between acceptance and answer, a repeat gets the accepted analysis", async () => {
  let asked = 0;
  // First the key is taken; what is asked after acceptance is whether it is still the request's own.
  const redis = new Proxy(backbone.redis, {
    get: (whole, name) => {
      if (name === "eval") {
        asked += 1;
        if (asked === 2) return async () => Promise.reject(new Error("Connection is closed."));
      }
      const value: unknown = Reflect.get(whole, name, whole);
      return typeof value === "function" ? value.bind(whole) : value;
    },
  });
  const submit = () => submitUnder("cut-off", redis, noRoom);
  await assert.rejects(submit(), { code: "queue-unavailable" });
  const [accepted, ...more] = await backbone.analyses.ledger.list("a", 10);
  assert.equal(more.length, 0);
  await assert.rejects(submit(), { code: "idempotency-in-flight" });
  const [name = ""] = await backbone.redis.keys("{osteon}:idempotency:*");
  const entry = JSON.parse((await backbone.redis.get(name)) ?? "") as object;
  await backbone.redis.set(name, JSON.stringify({ ...entry, until: Date.now() - 1 }));
  const { analysis: found, replayed } = await submit();
  assert.deepEqual([found.id, replayed], [accepted, true]);
  assert.ok(await isKept(found.id), "its film is there, too");
});

/** Everything of the keys that tells of an analysis, in Redis and in the store. */
async function toldOf(id: string): Promise<string[]> {
  const { redis, store } = backbone;
  const told: string[] = [];
  for (const name of await redis.keys("{osteon}:idempotency:*"))
    if ((await redis.get(name))?.includes(id)) told.push(name);
  for (const folder of await store.list("idempotency/", { folders: true }))
    for (const name of await store.list(folder)) if ((await store.get(name))?.includes(id)) told.push(name);
  return told;
}

test("an erasure takes the key along, and a repeat is a new analysis", async () => {
  const { id } = (await submitUnder("erased")).analysis;
  assert.equal((await toldOf(id)).length, 2);
  assert.equal((await submitUnder("erased")).replayed, true);
  await backbone.analyses.erase({ tenant: "a", id });
  assert.deepEqual(await toldOf(id), []);
  const again = await submitUnder("erased");
  assert.equal(again.replayed, false);
  assert.notEqual(again.analysis.id, id);
  assert.equal((await toldOf(again.analysis.id)).length, 2);
});

test("an erasure that broke off takes the key along when it goes on, but none that is another's by then", async (t) => {
  const { store, analyses } = backbone;
  for (const key of ["broken off", "used again"]) {
    const { id } = (await submitUnder(key)).analysis;
    const mock = t.mock.method(store, "deletePrefix", async () => {
      throw new ProblemError("store-unavailable");
    });
    await assert.rejects(analyses.erase({ tenant: "a", id }), { code: "store-unavailable" });
    mock.mock.restore();
    assert.equal(await analyses.ledger.hasRequest({ tenant: "a", id }), false);
    const next = key === "used again" ? (await submitUnder(key)).analysis.id : undefined;
    await analyses.erase({ tenant: "a", id });
    assert.deepEqual(await toldOf(id), []);
    if (next !== undefined) assert.equal((await toldOf(next)).length, 2);
  }
});

const outage = () => new ProblemError("store-unavailable");

/** Whether what was promised is there to stay: after the reconciler's walks of the next minutes, with its film. */
async function isKept(id: string): Promise<boolean> {
  let elapsed = 0;
  const later = new Reconciler({ ...backbone, now: () => Date.now() + elapsed, elapsed: () => elapsed });
  for (elapsed of [0, 60_000, 120_000]) {
    await backbone.redis.del("{osteon}:reconciler");
    await later.walk(60);
  }
  const ref = { tenant: "a", id };
  const { ledger } = backbone.analyses;
  return (await ledger.hasRequest(ref)) && (await ledger.original(ref, 0)) !== undefined;
}

/** Tells when the next record of a key is in the store. */
function nextKept(t: TestContext): { kept(): Promise<unknown> } {
  const { keep } = records();
  let kept: Promise<boolean> | undefined;
  const noted = (...args: Parameters<typeof keep>) => {
    kept = keep.apply(records(), args);
    return kept;
  };
  t.mock.method(records(), "keep", noted, { times: 1 });
  return { kept: async () => kept };
}

test("a repeat is promised what its first could not take back, and keeps it", async (t) => {
  const { store } = backbone;
  const { put, deletePrefix } = store;
  let away = false;
  const putting = t.mock.method(store, "put", async (...args: Parameters<typeof put>) => {
    if (away) throw outage();
    const done = await put.apply(store, args);
    if (!args[0].endsWith("/request.json")) return done;
    // It is there; the answer is lost, as is all that is asked after it.
    away = true;
    throw outage();
  });
  const removing = t.mock.method(store, "deletePrefix", async (prefix: string) => {
    if (away) throw outage();
    return deletePrefix.call(store, prefix);
  });
  await assert.rejects(submitUnder("not taken back"), { code: "store-unavailable" });
  assert.ok(away, "the request came to the store");
  const [first = ""] = await backbone.analyses.ledger.list("a", 1);
  await assert.rejects(submitUnder("not taken back"), { code: "store-unavailable" });
  putting.mock.restore();
  removing.mock.restore();
  const { analysis, replayed } = await submitUnder("not taken back");
  assert.deepEqual([analysis.id, replayed], [first, true]);
  assert.ok(await isKept(first), "what was promised is kept");
});

test("a film that went to the store before its acceptance stays where a repeat may be promised it", async (t) => {
  const { store } = backbone;
  const { put } = store;
  const putting = t.mock.method(store, "put", async (...args: Parameters<typeof put>) => {
    if (args[0].startsWith("commitments/")) throw outage();
    const done = await put.apply(store, args);
    // It is there; the answer is lost.
    if (args[0].endsWith("/request.json")) throw outage();
    return done;
  });
  await assert.rejects(submitUnder("staged", backbone.redis, noRoom), { code: "store-unavailable" });
  putting.mock.restore();
  const [first = ""] = await backbone.analyses.ledger.list("a", 1);
  const { analysis, replayed } = await submitUnder("staged");
  assert.deepEqual([analysis.id, replayed], [first, true]);
  assert.ok(await isKept(first), "what was promised is kept");
});

test("a repeat is not promised what its first is taking back", async (t) => {
  const { store, queues } = backbone;
  const { deletePrefix } = store;
  let goOn: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const begun = new Promise<void>((resolve) => {
    t.mock.method(store, "deletePrefix", async (prefix: string) => {
      resolve();
      await held;
      return deletePrefix.call(store, prefix);
    });
  });
  const { kept } = nextKept(t);
  const full = async () => Promise.reject(new ProblemError("queue-unavailable"));
  t.mock.method(queues, "add", full, { times: 1 });
  const first = assert.rejects(submitUnder("taking back"), { code: "queue-unavailable" });
  await begun;
  await assert.rejects(submitUnder("taking back"), { code: "idempotency-in-flight" });
  await kept();
  await backbone.redis.flushall();
  const { analysis, replayed } = await submitUnder("taking back");
  goOn();
  await first;
  assert.equal(replayed, false);
  assert.ok(await isKept(analysis.id), "what was promised is kept");
});

test("a first that is slow takes nothing back that a repeat was promised, though Redis was wiped between them", async (t) => {
  const { analyses, queues, redis } = backbone;
  const { resolve: decide } = analyses;
  const { add } = queues;
  const { kept } = nextKept(t);
  let slow: Promise<Submitted> | undefined;
  // The first has accepted, and finds the key to be another's: its repeat has it, and is about to promise what it found.
  const settling = new Promise<void>((resolve) => {
    const deciding = async (ref: Parameters<typeof decide>[0]) => {
      const found = await decide.call(analyses, ref);
      resolve();
      await slow;
      return found;
    };
    t.mock.method(analyses, "resolve", deciding, { times: 1 });
  });
  const repeated = new Promise<Submitted>((resolve, reject) => {
    const wiped = async (...args: Parameters<typeof add>) => {
      await add.apply(queues, args);
      await kept();
      await redis.flushall();
      const repeat = submitUnder("slow");
      repeat.then(resolve, reject);
      await Promise.race([settling, repeat]);
    };
    t.mock.method(queues, "add", wiped, { times: 1 });
  });
  slow = submitUnder("slow");
  const [{ analysis }, { analysis: again, replayed }] = await Promise.all([slow, repeated]);
  assert.deepEqual([again.id, replayed], [analysis.id, true]);
  assert.ok(await isKept(analysis.id), "what was promised is kept");
});

const overtakings = {
  "which took its place": false,
  "after Redis was wiped": true,
};
for (const [how, wiped] of Object.entries(overtakings))
  test(`of a first that is slow and a repeat ${how} one is promised`, async (t) => {
    const { analyses, redis } = backbone;
    const key = `overtaken ${wiped}`;
    const before = await analyses.ledger.list("a", 100);
    const { prepare } = analyses.ledger;
    const { kept } = nextKept(t);
    let overtaking: Submitted | undefined;
    const prepared = async (...args: Parameters<typeof prepare>) => {
      await kept();
      const [name = ""] = await redis.keys("{osteon}:idempotency:*");
      const entry = JSON.parse((await redis.get(name)) ?? "") as object;
      if (wiped) await redis.flushall();
      else await redis.set(name, JSON.stringify({ ...entry, until: Date.now() - 1 }));
      overtaking = await submitUnder(key);
      return prepare.apply(analyses.ledger, args);
    };
    t.mock.method(analyses.ledger, "prepare", prepared, { times: 1 });
    await assert.rejects(submitUnder(key), { code: "idempotency-in-flight" });
    assert.equal(overtaking?.replayed, false);
    await onlyPromised(key, overtaking.analysis.id, before);
  });

test("of a first whose record comes late and a repeat after Redis was wiped one is promised", async (t) => {
  const { analyses, redis } = backbone;
  const before = await analyses.ledger.list("a", 100);
  const { keep } = records();
  let repeat: Submitted | undefined;
  const late = async (...args: Parameters<typeof keep>) => {
    await redis.flushall();
    repeat = await submitUnder("late record");
    return keep.apply(records(), args);
  };
  t.mock.method(records(), "keep", late, { times: 1 });
  await assert.rejects(submitUnder("late record"), { code: "idempotency-in-flight" });
  assert.equal(repeat?.replayed, false);
  await onlyPromised("late record", repeat.analysis.id, before);
});

/** Of what was submitted since under a key, one is there, and it is what any repeat is answered. */
async function onlyPromised(key: string, id: string, before: string[]): Promise<void> {
  assert.ok(await isKept(id), "what was promised is kept");
  const now = await backbone.analyses.ledger.list("a", 100);
  assert.deepEqual(
    now.filter((each) => !before.includes(each)),
    [id],
  );
  assert.equal((await submitUnder(key)).analysis.id, id);
  await backbone.redis.flushall();
  assert.equal((await submitUnder(key)).analysis.id, id);
}

test("a first whose analysis is erased before it answers promises nothing", async (t) => {
  const { analyses, queues, redis } = backbone;
  const { add } = queues;
  const erased = async (...args: Parameters<typeof add>) => {
    await add.apply(queues, args);
    const [id = ""] = await analyses.ledger.list("a", 1);
    await analyses.erase({ tenant: "a", id });
    assert.equal((await redis.keys("{osteon}:idempotency:*")).length, 0);
  };
  t.mock.method(queues, "add", erased, { times: 1 });
  await assert.rejects(submitUnder("erased early"), { code: "idempotency-in-flight" });
});

test("what was taken back is not promised again, though its request comes late", async () => {
  const { analyses, redis, store } = backbone;
  const ref = { tenant: "a", id: (await submitUnder("late")).analysis.id };
  const request = await analyses.ledger.request(ref);
  assert.ok(request);
  assert.equal(await analyses.ledger.commitments.abort(ref.id), true);
  await analyses.ledger.withdraw(ref, outage());
  await redis.flushall();
  await analyses.ledger.accept(request, [Buffer.alloc(0)]);
  const again = await submitUnder("late");
  assert.equal(again.replayed, false);
  assert.notEqual(again.analysis.id, ref.id);
  assert.equal(await analyses.ledger.commitments.commit(ref.id), false);
  await store.deletePrefix(analysisFolder(ref.tenant, ref.id));
});

test("what was promised again is not taken back; it goes with an erasure, and what is decided with its day", async () => {
  const { analyses, store } = backbone;
  const { commitments } = analyses.ledger;
  const all = async () => {
    const folders = await store.list("commitments/", { folders: true });
    return (await Promise.all(folders.map((folder) => store.list(folder)))).flat();
  };
  const ref = { tenant: "a", id: (await submitUnder("promised")).analysis.id };
  assert.equal((await analyses.resolve(ref))?.id, ref.id);
  assert.equal((await analyses.resolve(ref))?.id, ref.id);
  assert.equal(await commitments.abort(ref.id), false);
  assert.ok((await all()).some((key) => key.endsWith(ref.id)));
  await analyses.erase(ref);
  assert.ok(!(await all()).some((key) => key.endsWith(ref.id)));
  assert.equal(await analyses.resolve(ref), undefined);
  assert.ok((await all()).some((key) => key.endsWith(ref.id)));
  await commitments.sweep(Date.now() + 48 * hour);
  assert.ok((await all()).some((key) => key.endsWith(ref.id)));
  await commitments.sweep(Date.now() + 72 * hour);
  assert.deepEqual(await all(), []);
});

test("a lease of a clock that is far ahead holds no key", async () => {
  let wrongBy = hour;
  const keys = new Idempotency(backbone.redis, records(), () => Date.now() + wrongBy);
  const request = { tenant: "a", key: "ahead", fingerprint: "one", id: "first" };
  assert.ok("settle" in (await keys.claim(request, nobody)));
  wrongBy = 0;
  assert.ok("settle" in (await keys.claim({ ...request, id: "second" }, nobody)));
  await assert.rejects(keys.claim({ ...request, id: "third" }, nobody), { code: "idempotency-in-flight" });
});
