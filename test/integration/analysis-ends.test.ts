import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { type Analysis, type AnalysisRequest, filmJobId, ProblemError } from "@osteon/shared";
import { freshAnalysesEach } from "../support/fresh-analyses.js";
import { accept as acceptBy, requestOf, resultOf } from "../support/requests.js";

const own = freshAnalysesEach();

const accept = (of: AnalysisRequest) => acceptBy(own.analyses, of);

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
    assert.deepEqual(await own.pending(), []);
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
    assert.deepEqual(await own.pending(), []);
    const keys = (await own.redis.keys("*")).filter((key) => key.includes(one.id));
    assert.deepEqual(
      keys,
      [`{osteon}:erased:${one.id}`],
      "but for the note that it was erased, which goes by itself",
    );
    assert.ok((await own.redis.ttl(keys[0] ?? "")) > 0);
  });
});
