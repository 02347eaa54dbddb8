import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { FileStore, Ledger } from "@osteon/shared";

test("a record counts for 24 hours, and not for the rest of the next day", async (t) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), "osteon-idempotency-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const { idempotency } = new Ledger(new FileStore(folder));
  const at = Date.UTC(2026, 0, 1, 0, 10);
  const record = { fingerprint: "one", id: "first", at };
  assert.equal(await idempotency.keep("key", record, false), true);
  assert.deepEqual(await idempotency.find("key", Date.UTC(2026, 0, 2, 0, 9)), record);
  for (const [hour, minute] of [
    [0, 10],
    [23, 50],
  ] as const)
    assert.equal(await idempotency.find("key", Date.UTC(2026, 0, 2, hour, minute)), undefined);
});
