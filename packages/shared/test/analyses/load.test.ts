import assert from "node:assert/strict";
import { test } from "node:test";
import { Analyses, type Ledger, type LiveState, type Queues } from "../../src/index.js";

test("of the films that are not at their end, those that wait for a worker are told apart", async () => {
  const tenants = new Map([["a", 5]]);
  const counts = {
    bodypart: { waiting: 1, prioritized: 4, active: 2, delayed: 10, failed: 100 },
    fracture: { prioritized: 3, active: 1 },
  };
  const analyses = new Analyses({
    ledger: {} as Ledger,
    live: { ended: async () => 7 } as LiveState,
    queues: { counts: async () => counts, waiting: async () => tenants } as unknown as Queues,
  });
  assert.deepEqual(await analyses.load(), { backlog: 21, waiting: 8, ended: 7, tenants });
});
