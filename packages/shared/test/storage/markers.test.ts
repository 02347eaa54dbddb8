import assert from "node:assert/strict";
import { test } from "node:test";
import { type ObjectStore, ProblemError } from "@osteon/shared";
import { Markers } from "../../src/analyses/markers.js";

/** A store that notes what it is asked to delete. */
function storeThat(deletes: (keys: readonly string[]) => Promise<void>): ObjectStore {
  return { deleteAll: deletes } as Partial<ObjectStore> as ObjectStore;
}

test("markers that are done with go together, in one call", async () => {
  const calls: (readonly string[])[] = [];
  const markers = new Markers(
    storeThat(async (keys) => {
      calls.push(keys);
    }),
    "pending/",
  );
  for (const id of ["a", "b", "c"]) markers.removeSoon(id);
  assert.deepEqual(calls, []);
  await markers.flush();
  assert.deepEqual(calls, [["pending/a", "pending/b", "pending/c"]]);
  await markers.flush();
  assert.equal(calls.length, 1);
});

test("they go by themselves", async () => {
  const gone = new Promise<readonly string[]>((resolve) => {
    new Markers(
      storeThat(async (keys) => resolve(keys)),
      "pending/",
    ).removeSoon("a");
  });
  assert.deepEqual(await gone, ["pending/a"]);
});

test("a store that is away breaks nothing, and the next ones go", async () => {
  const calls: (readonly string[])[] = [];
  const markers = new Markers(
    storeThat(async (keys) => {
      calls.push(keys);
      if (calls.length === 1) throw new ProblemError("store-unavailable");
    }),
    "pending/",
  );
  markers.removeSoon("a");
  await markers.flush();
  markers.removeSoon("b");
  await markers.flush();
  assert.deepEqual(calls, [["pending/a"], ["pending/b"]]);
});
