import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import {
  type Analyses,
  type AnalysisRequest,
  type connectRedis,
  deliveryName,
  ProblemError,
  type Queues,
  Reconciler,
  setLostMarkers,
} from "@osteon/shared";
import { v7 as uuidv7 } from "uuid";
import { ownRedis } from "../support/backbone.js";
import { freshAnalyses } from "../support/fresh-analyses.js";
import { accept as acceptBy, requestOf, resultOf } from "../support/requests.js";

const server = ownRedis();

let redis: ReturnType<typeof connectRedis>;
let queues: Queues;
let analyses: Analyses;
let reconciler: Reconciler;
let own: Awaited<ReturnType<typeof freshAnalyses>>;
beforeEach(async () => {
  own = await freshAnalyses(server);
  ({ redis, queues, analyses } = own);
  // A minute ahead: what is accepted by a test is old enough to be looked at.
  reconciler = new Reconciler({ analyses, queues, redis, now: () => Date.now() + 60_000 });
});
afterEach(() => own.close());

const accept = (of: AnalysisRequest) => acceptBy(analyses, of);

async function walk() {
  await analyses.ledger.pending.flush();
  await redis.del("{osteon}:reconciler");
  const report = await reconciler.walk(5);
  assert.ok(report);
  return report;
}

async function setBefore(time: number): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of setLostMarkers(analyses, time)) ids.push(id);
  return ids;
}

test("what a copy of the store has without its marker is taken up, once that is set again, and nothing that has ended", async () => {
  const [lost, ended, known] = [
    await accept(requestOf(2)),
    await accept(requestOf(1)),
    await accept(requestOf(1)),
  ];
  await analyses.filmEnded(ended, resultOf(ended));
  await analyses.ledger.pending.flush();
  await analyses.ledger.pending.remove(lost.id);
  await redis.flushall();
  assert.equal((await walk()).requeued, 1);
  const staged = { tenant: lost.tenant, id: uuidv7() };
  await analyses.ledger.stage(staged, 0, Buffer.from("a film"));
  await analyses.ledger.pending.remove(staged.id);
  assert.deepEqual(await setBefore(0), [], "what is young is left alone");
  assert.deepEqual(await setBefore(Date.now() + 1), [lost.id]);
  await analyses.ledger.pending.flush();
  const pending: string[] = [];
  for await (const id of analyses.ledger.pending.ids()) pending.push(id);
  assert.deepEqual(pending.toSorted(), [lost.id, known.id].toSorted());
  assert.equal((await walk()).requeued, 2);
});

test("what a copy of the store owes without its marker is made, and what failed is listed, once these are set again", async () => {
  const [told, failed, tried] = [
    await accept(requestOf(1, { callbackUrl: "https://receiver.example/" })),
    await accept(requestOf(1)),
    await accept(requestOf(1)),
  ];
  await analyses.filmEnded(told, resultOf(told));
  for (const one of [failed, tried]) await analyses.filmFailed(one, 0, new ProblemError("film-damaged"));
  await analyses.ledger.noteRetry(tried, uuidv7());
  await analyses.ledger.pending.flush();
  const name = deliveryName({ event: told.id });
  await analyses.ledger.deliveries.owed.remove(name);
  for (const one of [failed, tried]) await analyses.ledger.failed.remove(one.id);
  await redis.flushall();
  assert.deepEqual((await setBefore(Date.now() + 1)).toSorted(), [told.id, failed.id].toSorted());
  assert.equal(await analyses.ledger.failed.has(failed.id), true);
  assert.equal(await analyses.ledger.failed.has(tried.id), false);
  assert.equal((await walk()).redelivered, 1);
  assert.equal(await queues.state("webhook", name), "pending");
  assert.deepEqual(await setBefore(Date.now() + 1), []);
});
