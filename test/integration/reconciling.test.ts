import assert from "node:assert/strict";
import { afterEach, beforeEach, type TestContext, test } from "node:test";
import { startReconciling } from "@osteon/gateway/upkeep/reconciling";
import { type Backbone, createLogger, Metrics, ProblemError, Reconciler } from "@osteon/shared";
import { type OwnBackbone, openOwnBackbone } from "../support/backbone.js";
import { accept, requestOf } from "../support/requests.js";

const films = 40;
const away = () => Promise.reject(new ProblemError("store-unavailable"));

let own: OwnBackbone;
let backbone: Backbone;
beforeEach(async () => {
  own = await openOwnBackbone();
  ({ backbone } = own);
  for (let film = 0; film < films; film += 1) await accept(backbone.analyses, requestOf());
  await backbone.analyses.ledger.pending.flush();
});
afterEach(() => own?.stop());

/** One walk after Redis was wiped. Returns what was counted and logged of it, and the jobs that it put back. */
async function walkedAfterWipe(t: TestContext) {
  const { redis, queues } = backbone;
  await redis.flushall();
  const metrics = new Metrics("gateway");
  t.after(() => metrics.close());
  const logger = createLogger("gateway", own.config);
  const warned = t.mock.method(logger, "warn", () => undefined);
  const reconciler = new Reconciler({ ...backbone, now: () => Date.now() + 60_000 });
  await startReconciling(reconciler, 600, { logger, metrics })();
  const { values } = await metrics.reconciled.get();
  const rounds = (await metrics.upkeep.get()).values
    .filter(({ labels, value }) => labels.task === "reconciling" && value > 0)
    .map(({ labels, value }) => [labels.outcome, value]);
  const { bodypart = {} } = await queues.counts();
  return {
    counted: values.find(({ labels }) => labels.action === "requeued")?.value,
    rounds,
    logged: warned.mock.calls.map(({ arguments: [, message] }: { arguments: unknown[] }) => message),
    jobs: Object.values(bodypart).reduce((sum, jobs) => sum + jobs, 0),
  };
}

const told = ["reconciled", "reconciling failed; the next walk tries again"];

test("what a walk put back is counted and logged, though an erasure failed in it", async (t) => {
  const erased = await accept(backbone.analyses, requestOf());
  t.mock.method(backbone.store, "deletePrefix", away);
  await assert.rejects(backbone.analyses.erase(erased), { code: "store-unavailable" });
  const { counted, rounds, logged, jobs } = await walkedAfterWipe(t);
  assert.equal(jobs, films);
  assert.equal(counted, jobs);
  assert.deepEqual(logged, told);
  assert.deepEqual(rounds, [["failed", 1]]);
});

test("what a walk put back is counted and logged, though the store went away in the middle of it", async (t) => {
  const get = backbone.store.get.bind(backbone.store);
  let requests = 0;
  t.mock.method(backbone.store, "get", (key: string) => {
    if (key.endsWith("/request.json")) requests += 1;
    return requests > films ? away() : get(key);
  });
  const { counted, rounds, logged, jobs } = await walkedAfterWipe(t);
  assert.ok(jobs > 0 && jobs < films, `${jobs}`);
  assert.equal(counted, jobs);
  assert.deepEqual(logged, told);
  assert.deepEqual(rounds, [["failed", 1]]);
});
