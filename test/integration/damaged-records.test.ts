import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type AnalysisRequest, analysisFolder, filmJobId } from "@osteon/shared";
import { freshAnalysesEach } from "../support/fresh-analyses.js";
import { reconcilerEach } from "../support/reconciler.js";
import { accept as acceptBy, requestOf, resultOf } from "../support/requests.js";

const own = freshAnalysesEach();
const reconciler = reconcilerEach(own);

const accept = (of: AnalysisRequest) => acceptBy(own.analyses, of);

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
      const report = await reconciler.walk();
      assert.equal(report.settled, 1);
      assert.equal(report.requeued, wiped ? 1 : 0, "the other goes its way");
      const end = await own.analyses.get(hurt);
      assert.equal(end?.status, "failed");
      assert.equal(end.error?.code, "record-damaged");
      assert.equal(end.films.length, wiped ? 0 : 2);
      assert.deepEqual(await own.pending(), [well.id]);
    });
  }

  test("a film's result that was altered fails its analysis by a code", async () => {
    const hurt = await accept(requestOf(2));
    await own.analyses.filmEnded(hurt, resultOf(hurt, 0));
    await corrupt(`${analysisFolder(hurt.tenant, hurt.id)}results/0.json`);
    await assert.rejects(own.analyses.filmEnded(hurt, resultOf(hurt, 1)), { code: "record-damaged" });
    await own.redis.flushall();
    assert.equal((await reconciler.walk()).settled, 1);
    assert.equal((await own.analyses.get(hurt))?.error?.code, "record-damaged");
  });

  test("a marker that was altered is still known for its analysis", async () => {
    const place = `pending/${(await accept(requestOf())).id}`;
    const kept = (await own.store.get(place))?.toString() ?? "";
    for (const text of ['{"tena', kept.replace("default", "defau1t")]) {
      await own.store.put(place, text);
      await own.redis.flushall();
      assert.equal((await reconciler.walk()).requeued, 1, text);
    }
  });

  test("a result that was altered is told as such, and holds nobody else up", async () => {
    const [hurt, well] = [await accept(requestOf()), await accept(requestOf())];
    await own.analyses.filmEnded(hurt, resultOf(hurt));
    await corrupt(`${analysisFolder(hurt.tenant, hurt.id)}result.json`);
    await own.analyses.ledger.pending.flush();
    await own.store.put(`pending/${hurt.id}`, JSON.stringify({ tenant: "default" }));
    await own.redis.flushall();
    const report = await reconciler.walk();
    assert.deepEqual([report.stuck, report.requeued], [1, 1]);
    await assert.rejects(own.analyses.get(hurt), { code: "record-damaged" });
    assert.equal((await own.analyses.get(well))?.status, "processing");
  });
});
