import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { test } from "node:test";
import {
  closeRedis,
  connectRedis,
  deliveryName,
  endedAnalysis,
  ProblemError,
  Reconciler,
  RunningProcessor,
} from "@osteon/shared";
import { v7 as uuidv7 } from "uuid";
import { freshAnalysesEach } from "../support/fresh-analyses.js";
import { accept, requestOf, resultOf } from "../support/requests.js";

const own = freshAnalysesEach();

test("each step of a film, and the end, is noted once: what comes after it changes nothing", async () => {
  const request = requestOf(2);
  await own.live.open(request);
  const part = (label: string) => ({
    bodyPart: { label, probability: 1, probabilities: {} },
    width: 300,
    height: 300,
  });
  for (const label of ["hand", "elbow"]) await own.live.classified(request.id, 0, part(label));
  for (const outcome of ["analysed", "not-identified"] as const)
    await own.live.done(request.id, resultOf(request, 0, { outcome }));
  const ended = endedAnalysis(request, [resultOf(request, 0), resultOf(request, 1)], new Date());
  for (const status of ["completed", "cancelled"] as const) await own.live.end({ ...ended, status }, 0);
  const { films: [film] = [], end } = (await own.live.get(request.id)) ?? {};
  assert.deepEqual(
    [film?.classified?.bodyPart.label, film?.done?.film.outcome, end?.status],
    ["hand", "analysed", "completed"],
  );
});

test("an end that is repeated is counted once, and told to no endpoint that came after it", async () => {
  const { deliveries, endpoints, pending } = own.analyses.ledger;
  const request = await accept(own.analyses, requestOf());
  await own.analyses.filmEnded(request, resultOf(request));
  await pending.flush();
  const at = new Date().toISOString();
  await endpoints.put({
    ...{ id: uuidv7(), tenant: request.tenant, url: "https://example.org/", description: "" },
    ...{ events: ["analysis.completed"], enabled: true, createdAt: at, updatedAt: at, secrets: [] },
  });
  await own.analyses.filmEnded(request, resultOf(request));
  for await (const name of deliveries.owed.ids()) assert.fail(name);
  assert.equal(await own.live.ended(), 1);
});

test("who cancels what ends at that moment is told so", async (t) => {
  const { results } = own.analyses.ledger;
  const { put } = results;
  const request = await accept(own.analyses, requestOf());
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
  await assert.rejects(own.analyses.cancel(request), { code: "already-ended" });
  assert.equal((await own.analyses.get(request))?.status, "completed");
});

test("a delivery whose job failed is made again by a new job, which the reconciler leaves alone", async () => {
  const { dispatch, ledger } = own.analyses;
  const request = await accept(own.analyses, requestOf(1, { callbackUrl: "https://example.org/" }));
  await own.analyses.filmEnded(request, resultOf(request));
  const ref = { tenant: request.tenant, event: request.id };
  const name = deliveryName(ref);
  const blocking = connectRedis(own.redisUrl, "blocking");
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
  assert.equal(await own.queues.state("webhook", name), "failed");

  await dispatch.giveUp(ref, "gone");
  await dispatch.redeliver(ref);
  assert.equal(await own.queues.state("webhook", name), "pending");
  await ledger.pending.flush();
  const later = new Reconciler({ ...own, now: () => Date.now() + 3_600_000 });
  assert.equal((await later.walk(5))?.settled, 0);
  assert.equal(await own.queues.state("webhook", name), "pending");
  assert.equal((await ledger.deliveries.get(ref))?.status, "pending");
});
