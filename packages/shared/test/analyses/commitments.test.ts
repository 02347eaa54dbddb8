import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { FileStore, Ledger, type ObjectStore } from "@osteon/shared";

const id = "01970000-0000-7000-8000-000000000000";

async function open(t: TestContext) {
  const folder = await mkdtemp(path.join(os.tmpdir(), "osteon-commitments-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return new Ledger(new FileStore(folder)).commitments;
}

test("who comes first decides, and an erasure takes along what was committed", async (t) => {
  const commitments = await open(t);
  assert.deepEqual([await commitments.commit(id), await commitments.abort(id)], [true, false]);
  await commitments.forget(id);
  assert.deepEqual([await commitments.abort(id), await commitments.commit(id)], [true, false]);
});

test("what was aborted stays so, though it is erased", async (t) => {
  const commitments = await open(t);
  assert.equal(await commitments.abort(id), true);
  await commitments.forget(id);
  assert.equal(await commitments.commit(id), false);
});

test("what is erased while it is decided on is promised to nobody", async () => {
  const store: Partial<ObjectStore> = { put: async () => false, get: async () => undefined };
  assert.equal(await new Ledger(store as ObjectStore).commitments.commit(id), false);
});
