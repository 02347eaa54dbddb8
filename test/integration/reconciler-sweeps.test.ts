import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { filmJobId, Reconciler } from "@osteon/shared";
import { v7 as uuidv7 } from "uuid";
import { freshAnalysesEach } from "../support/fresh-analyses.js";
import { reconcilerEach } from "../support/reconciler.js";
import { requestOf } from "../support/requests.js";

const own = freshAnalysesEach();
const reconciler = reconcilerEach(own);

describe("the reconciler", () => {
  test("sweeps an upload that never became an analysis, after its time", async () => {
    const lost = requestOf();
    await own.store.put(`pending/${lost.id}`, JSON.stringify({ tenant: "default" }));
    assert.equal((await reconciler.walk()).swept, 0);
    reconciler.pass(20);
    assert.equal((await reconciler.walk()).swept, 1);
    assert.deepEqual(await own.pending(), []);
  });

  test("a clock that jumps ahead sweeps nothing that is still being sent", async () => {
    const coming = requestOf();
    await own.analyses.ledger.stage(coming, 0, Buffer.from("abc"));
    assert.equal((await reconciler.walk()).swept, 0);
    reconciler.time.now += 60 * 60_000;
    assert.equal((await reconciler.walk()).swept, 0);
    await own.analyses.accept(coming, [undefined]);
    assert.equal((await reconciler.walk()).swept, 0);
    assert.deepEqual(await own.analyses.ledger.original(coming, 0), Buffer.from("abc"));
  });

  test("sweeps no film while its request may still come", async () => {
    const patient = new Reconciler({
      ...{ ...own, now: () => reconciler.time.now, elapsed: () => reconciler.time.elapsed },
      requestSeconds: 3600,
    });
    const coming = requestOf();
    await own.analyses.ledger.stage(coming, 0, Buffer.from("abc"));
    const swept = async () => {
      await own.redis.del("{osteon}:reconciler");
      return (await patient.walk(5))?.swept;
    };
    assert.equal(await swept(), 0);
    reconciler.pass(69);
    assert.equal(await swept(), 0);
    reconciler.pass(1);
    assert.equal(await swept(), 1);
  });

  test("a film that was swept under its client is not promised", async () => {
    const slow = requestOf(2);
    await own.analyses.ledger.stage(slow, 0, Buffer.from("abc"));
    await reconciler.walk();
    reconciler.pass(20);
    assert.equal((await reconciler.walk()).swept, 1);
    await own.analyses.ledger.stage(slow, 1, Buffer.from("abc"));
    await assert.rejects(own.analyses.accept(slow, [undefined, undefined]), { code: "request-timeout" });
    assert.deepEqual(await own.store.list("analyses/"), []);
    assert.deepEqual(await own.pending(), []);
    assert.equal(await own.analyses.live(slow.id), undefined);
    assert.equal(await own.queues.state("bodypart", filmJobId(slow.id, 0, "bodypart")), "unknown");
  });

  test("a film that outlived the sweep of its marker is promised with a new one", async () => {
    const slow = requestOf();
    await own.analyses.ledger.stage(slow, 0, Buffer.from("abc"));
    await own.analyses.ledger.pending.remove(slow.id);
    await own.analyses.accept(slow, [undefined]);
    await own.redis.flushall();
    assert.equal((await reconciler.walk()).requeued, 1);
  });

  test("sweeps films that were staged and never accepted, and uploads that nobody named", async () => {
    const lost = requestOf();
    await own.analyses.ledger.stage(lost, 0, Buffer.from("half a film"));
    const unnamed = (minutes: number) =>
      own.store.put(
        `uploads/${uuidv7({ msecs: reconciler.time.now - minutes * 60_000 })}/default/film`,
        "never named",
      );
    await unnamed(59);
    assert.equal((await reconciler.walk()).swept, 0);
    await unnamed(61);
    assert.equal((await reconciler.walk()).swept, 1);
    assert.equal((await own.store.list("uploads/")).length, 1);
    reconciler.pass(20);
    assert.equal((await reconciler.walk()).swept, 1);
    assert.deepEqual(await own.store.list("analyses/"), []);
  });

  test("sweeps no upload by a clock that is another than Redis's, and tells of that once", async () => {
    const told: number[] = [];
    const wrong = new Reconciler({
      ...{ ...own, now: () => reconciler.time.now, elapsed: () => reconciler.time.elapsed },
      onClockDiffers: (milliseconds) => told.push(milliseconds),
    });
    await own.store.put(`uploads/${uuidv7({ msecs: reconciler.time.now })}/default/film`, "just put");
    const swept = async () => {
      await own.redis.del("{osteon}:reconciler");
      return (await wrong.walk(5))?.swept;
    };
    const right = reconciler.time.now;
    reconciler.time.now += 2 * 3_600_000;
    assert.deepEqual([await swept(), await swept()], [0, 0]);
    reconciler.time.now = right - 3_600_000;
    assert.equal(await swept(), 0);
    assert.ok(told.length === 1 && Math.abs((told[0] ?? 0) - 2 * 3_600_000) < 5 * 60_000, `${told}`);
    await own.store.put(`uploads/${uuidv7({ msecs: right - 2 * 3_600_000 })}/default/film`, "two hours ago");
    reconciler.time.now = right;
    assert.equal(await swept(), 1);
    reconciler.time.now += 2 * 3_600_000;
    assert.equal(await swept(), 0);
    assert.equal(told.length, 2, "it was right meanwhile");
  });

  test("knows of an upload that was used for as long as its request may be repeated", async () => {
    const { uploads } = own.analyses.ledger;
    const used = { digest: "sha256:00", bytes: 6 };
    /** One of so many hours ago. */
    const usedUpload = async (hours: number) => {
      const ref = { tenant: "default", id: uuidv7({ msecs: reconciler.time.now - hours * 3_600_000 }) };
      await own.store.put(`uploads/${ref.id}/default/film`, "a film");
      await uploads.use(ref, used);
      return ref;
    };
    // A day behind the end of its hour.
    const [known, past] = [await usedUpload(24.9), await usedUpload(25.1)];
    assert.deepEqual(await own.store.list("uploads/"), []);
    await reconciler.walk();
    assert.deepEqual(await uploads.used(known), used);
    assert.equal(await uploads.used(past), undefined);
  });
});
