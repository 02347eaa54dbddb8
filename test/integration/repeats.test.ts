import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { afterEach, beforeEach, test } from "node:test";
import {
  type Analyses,
  closeRedis,
  connectRedis,
  deliveryName,
  endedAnalysis,
  type LiveState,
  ProblemError,
  type Queues,
  Reconciler,
  RunningProcessor,
} from "@osteon/shared";
import { v7 as uuidv7 } from "uuid";
import { ownRedis } from "../support/backbone.js";
import { freshAnalyses } from "../support/fresh-analyses.js";
import { accept, requestOf, resultOf } from "../support/requests.js";

const server = ownRedis();

let redis: ReturnType<typeof connectRedis>;
let live: LiveState;
let queues: Queues;
let analyses: Analyses;
let own: Awaited<ReturnType<typeof freshAnalyses>>;
beforeEach(async () => {
  own = await freshAnalyses(server);
  ({ redis, live, queues, analyses } = own);
});
afterEach(() => own.close());

test("each step of a film, and the end, is noted once: what comes after it changes nothing", async () => {
  const request = requestOf(2);
  await live.open(request);
  const part = (label: string) => ({
    bodyPart: { label, probability: 1, probabilities: {} },
    width: 300,
    height: 300,
  });
  for (const label of ["hand", "elbow"]) await live.classified(request.id, 0, part(label));
  for (const outcome of ["analysed", "not-identified"] as const)
    await live.done(request.id, resultOf(request, 0, { outcome }));
  const ended = endedAnalysis(request, [resultOf(request, 0), resultOf(request, 1)], new Date());
  for (const status of ["completed", "cancelled"] as const) await live.end({ ...ended, status }, 0);
  const { films: [film] = [], end } = (await live.get(request.id)) ?? {};
  assert.deepEqual(
    [film?.classified?.bodyPart.label, film?.done?.film.outcome, end?.status],
    ["hand", "analysed", "completed"],
  );
});

test("an end that is repeated is counted once, and told to no endpoint that came after it", async () => {
  const { deliveries, endpoints, pending } = analyses.ledger;
  const request = await accept(analyses, requestOf());
  await analyses.filmEnded(request, resultOf(request));
  await pending.flush();
  const at = new Date().toISOString();
  await endpoints.put({
    ...{ id: uuidv7(), tenant: request.tenant, url: "https://example.org/", description: "" },
    ...{ events: ["analysis.completed"], enabled: true, createdAt: at, updatedAt: at, secrets: [] },
  });
  await analyses.filmEnded(request, resultOf(request));
  for await (const name of deliveries.owed.ids()) assert.fail(name);
  assert.equal(await live.ended(), 1);
});

test("who cancels what ends at that moment is told so", async (t) => {
  const { results } = analyses.ledger;
  const { put } = results;
  const request = await accept(analyses, requestOf());
  const found = [resultOf(request)];
  t.mock.method(
    results,
    "put",
    async (...proposed: Parameters<typeof put>) => {
      await put.call(results, request, endedAnalysis(request, found, new Date()), found);
      return put.apply(results, proposed);
    },
    { times: 1 },
  );
  await assert.rejects(analyses.cancel(request), { code: "already-ended" });
  assert.equal((await analyses.get(request))?.status, "completed");
});

test("a delivery whose job failed is made again by a new job, which the reconciler leaves alone", async () => {
  const { dispatch, ledger } = analyses;
  const request = await accept(analyses, requestOf(1, { callbackUrl: "https://example.org/" }));
  await analyses.filmEnded(request, resultOf(request));
  const ref = { tenant: request.tenant, event: request.id };
  const name = deliveryName(ref);
  const blocking = connectRedis(server.url, "blocking");
  const events = new EventEmitter();
  const failed = once(events, "failed");
  const worker = new RunningProcessor(
    {
      kind: "webhook",
      process: () => Promise.reject(new ProblemError("delivery-not-found")),
      failed: async () => {
        events.emit("failed");
        return true;
      },
    },
    blocking,
    { concurrency: 1, lockMs: 5_000, onError: assert.ifError, onDied: assert.ifError },
  );
  await worker.start();
  await failed;
  await worker.drain();
  await closeRedis(blocking);
  assert.equal(await queues.state("webhook", name), "failed");

  await dispatch.giveUp(ref, "gone");
  await dispatch.redeliver(ref);
  assert.equal(await queues.state("webhook", name), "pending");
  await ledger.pending.flush();
  const later = new Reconciler({ analyses, queues, redis, now: () => Date.now() + 3_600_000 });
  assert.equal((await later.walk(5))?.settled, 0);
  assert.equal(await queues.state("webhook", name), "pending");
  assert.equal((await ledger.deliveries.get(ref))?.status, "pending");
});
