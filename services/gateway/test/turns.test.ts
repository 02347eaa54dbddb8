import assert from "node:assert/strict";
import { test } from "node:test";
import { Turns } from "../src/turns.js";

/** A step that ends when it is told to, and notes that it began. */
function steps(turns: Turns) {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const ask = (tenant: string, name: string) =>
    turns.run(tenant, () => {
      begun.push(name);
      return new Promise<void>((resolve) => ends.set(name, resolve));
    });
  const end = async (name: string) => {
    ends.get(name)?.();
    await new Promise(setImmediate);
  };
  return { begun, ask, end };
}

test("tenants take turns, and each its own in order", async () => {
  const { begun, ask, end } = steps(new Turns(1));
  const all = [1, 2, 3, 4].map((at) => ask("a", `a${at}`));
  all.push(ask("b", "b1"), ask("b", "b2"), ask("c", "c1"));
  assert.deepEqual(begun, ["a1"]);
  for (const name of ["a1", "a2", "b1", "c1", "a3", "b2", "a4"]) await end(name);
  await Promise.all(all);
  assert.deepEqual(begun, ["a1", "a2", "b1", "c1", "a3", "b2", "a4"]);
});

test("one tenant has no more than its places, whoever waits behind it", async () => {
  const { begun, ask, end } = steps(new Turns(3, 2));
  const all = [1, 2, 3].map((at) => ask("a", `a${at}`));
  all.push(ask("b", "b1"));
  assert.deepEqual(begun, ["a1", "a2", "b1"]);
  await end("b1");
  assert.deepEqual(begun, ["a1", "a2", "b1"]);
  await end("a1");
  assert.deepEqual(begun, ["a1", "a2", "b1", "a3"]);
  for (const name of ["a2", "a3"]) await end(name);
  await Promise.all(all);
});

test("a step that fails gives its place back", async () => {
  const turns = new Turns(1);
  await assert.rejects(
    turns.run("a", async () => {
      throw new Error("no");
    }),
  );
  assert.equal(await turns.run("b", async () => 1), 1);
});
