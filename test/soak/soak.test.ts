import assert from "node:assert/strict";
import { test } from "node:test";
import { pageOf } from "./page.js";
import { runSoak, type SoakOptions } from "./run.js";
import { faultsOf, judge } from "./verdict.js";

/** What settles within a minute; heaps need longer, and a busy machine's timers tell nothing. */
const settled = ["handles", "clients"];

test("a minute of films leaves nothing behind, with retention and erasure at work", async (t) => {
  const options: SoakOptions = { jobs: 2_000, engine: "stub", clients: 8, minutes: 10, every: 2 };
  const result = await runSoak(options);
  const verdicts = judge(result, 0.25).filter(({ figure }) => settled.includes(figure));
  assert.deepEqual([...new Set(verdicts.map(({ figure }) => figure))].sort(), settled.toSorted());
  assert.equal(verdicts.length, 5, "each service's handles, and Redis's clients");
  const faults = faultsOf(result, options.jobs, verdicts);
  t.diagnostic(pageOf(options, result, verdicts, faults));
  assert.deepEqual(faults, []);
  assert.ok(result.erased > 0 && result.expired > 0, "erasure and retention were at work");
  assert.deepEqual(Object.keys(result.jobs).sort(), ["bodypart", "fracture", "webhook"]);
});
