import assert from "node:assert/strict";
import { test } from "node:test";
import { type AnalysisRequest, deliveryName, ProblemError, setLostMarkers } from "@osteon/shared";
import { v7 as uuidv7 } from "uuid";
import { freshAnalysesEach } from "../support/fresh-analyses.js";
import { reconcilerEach } from "../support/reconciler.js";
import { accept as acceptBy, requestOf, resultOf } from "../support/requests.js";

const own = freshAnalysesEach();
const reconciler = reconcilerEach(own);

const accept = (of: AnalysisRequest) => acceptBy(own.analyses, of);

async function setBefore(time: number): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of setLostMarkers(own.analyses, time)) ids.push(id);
  return ids;
}

test("what a copy of the store has without its marker is taken up, once that is set again, and nothing that has ended", async () => {
  const [lost, ended, known] = [
    await accept(requestOf(2)),
    await accept(requestOf(1)),
    await accept(requestOf(1)),
  ];
  await own.analyses.filmEnded(ended, resultOf(ended));
  await own.analyses.ledger.pending.flush();
  await own.analyses.ledger.pending.remove(lost.id);
  await own.redis.flushall();
  assert.equal((await reconciler.walk()).requeued, 1);
  const staged = { tenant: lost.tenant, id: uuidv7() };
  await own.analyses.ledger.stage(staged, 0, Buffer.from("a film"));
  await own.analyses.ledger.pending.remove(staged.id);
  assert.deepEqual(await setBefore(0), [], "what is young is left alone");
  assert.deepEqual(await setBefore(Date.now() + 1), [lost.id]);
  assert.deepEqual((await own.pending()).toSorted(), [lost.id, known.id].toSorted());
  assert.equal((await reconciler.walk()).requeued, 2);
});

test("what a copy of the store owes without its marker is made, and what failed is listed, once these are set again", async () => {
  const [told, failed, tried] = [
    await accept(requestOf(1, { callbackUrl: "https://receiver.example/" })),
    await accept(requestOf(1)),
    await accept(requestOf(1)),
  ];
  await own.analyses.filmEnded(told, resultOf(told));
  for (const one of [failed, tried]) await own.analyses.filmFailed(one, 0, new ProblemError("film-damaged"));
  await own.analyses.ledger.noteRetry(tried, uuidv7());
  await own.analyses.ledger.pending.flush();
  const name = deliveryName({ event: told.id });
  await own.analyses.ledger.deliveries.owed.remove(name);
  for (const one of [failed, tried]) await own.analyses.ledger.failed.remove(one.id);
  await own.redis.flushall();
  assert.deepEqual((await setBefore(Date.now() + 1)).toSorted(), [told.id, failed.id].toSorted());
  assert.equal(await own.analyses.ledger.failed.has(failed.id), true);
  assert.equal(await own.analyses.ledger.failed.has(tried.id), false);
  assert.equal((await reconciler.walk()).redelivered, 1);
  assert.equal(await own.queues.state("webhook", name), "pending");
  assert.deepEqual(await setBefore(Date.now() + 1), []);
});
