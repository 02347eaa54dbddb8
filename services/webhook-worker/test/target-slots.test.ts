import assert from "node:assert/strict";
import { test } from "node:test";
import { type Slot, TargetSlots } from "../src/target-slots.js";

/** Takes slots until there is no room; at most `limit`. */
function takeAll(slots: TargetSlots, tenant: string, target: string, limit = 100): Slot[] {
  const taken: Slot[] = [];
  while (taken.length < limit) {
    const slot = slots.take(tenant, target, 0);
    if (typeof slot === "number") break;
    taken.push(slot);
  }
  return taken;
}

test("one receiver gets a few slots, and another's are untouched", () => {
  const slots = new TargetSlots(256);
  assert.equal(takeAll(slots, "a", "one").length, 8);
  assert.equal(takeAll(slots, "a", "two").length, 8);
  assert.equal(takeAll(slots, "b", "one").length, 8);
});

test("the slower a receiver is, the fewer it gets: one that never answers gets one", () => {
  const slots = new TargetSlots(256);
  for (const slot of takeAll(slots, "a", "dead")) slot.release(15_000);
  assert.equal(takeAll(slots, "a", "dead").length, 1);

  for (const slot of takeAll(slots, "a", "quick")) slot.release(20);
  assert.equal(takeAll(slots, "a", "quick").length, 8);
});

test("a receiver that recovers gets its slots back", () => {
  const slots = new TargetSlots(256);
  for (const slot of takeAll(slots, "a", "x")) slot.release(15_000);
  for (let tries = 0; tries < 20; tries += 1)
    for (const slot of takeAll(slots, "a", "x", 1)) slot.release(20);
  assert.equal(takeAll(slots, "a", "x").length, 8);
});

test("a tenant with many dead receivers leaves half to the others", () => {
  const slots = new TargetSlots(64);
  let taken = 0;
  for (let target = 0; target < 20; target += 1) taken += takeAll(slots, "a", `dead-${target}`).length;
  assert.equal(taken, 32);
  assert.equal(takeAll(slots, "b", "alive").length, 8);
});

test("a tenant gets back what it gave back, at other receivers too", () => {
  const slots = new TargetSlots(8);
  for (const targets of [["one"], ["one", "two"], ["three"]]) {
    const taken = targets.flatMap((target) => takeAll(slots, "a", target, 4 / targets.length));
    assert.equal(taken.length, 4);
    assert.equal(typeof slots.take("a", "four", 0), "number", "half of all is the most of one tenant");
    for (const slot of taken) slot.release(20);
  }
});

test("of more receivers than it remembers, those are forgotten at which nothing is tried", () => {
  const slots = new TargetSlots(64, { mostLanes: 2 });
  for (const target of ["idle", "busy"]) for (const slot of takeAll(slots, "a", target)) slot.release(15_000);
  for (const slot of takeAll(slots, "a", "idle")) slot.release(15_000);
  assert.equal(takeAll(slots, "a", "busy").length, 1);
  takeAll(slots, "a", "third");
  assert.equal(takeAll(slots, "a", "idle").length, 8, "how slow it was is forgotten");
  assert.equal(takeAll(slots, "a", "busy").length, 0);
});

test("what finds no room is spread over the time that the ones before it take, up to five minutes", () => {
  const slots = new TargetSlots(256);
  for (const slot of takeAll(slots, "a", "dead")) slot.release(15_000);
  takeAll(slots, "a", "dead");
  const waits = Array.from({ length: 100 }, () => slots.take("a", "dead", 0));
  const numbers = waits.filter((wait) => typeof wait === "number");
  assert.equal(numbers.length, 100);
  assert.deepEqual(
    numbers,
    [...numbers].sort((x, y) => x - y),
  );
  assert.ok((numbers[0] ?? 0) > 10_000);
  assert.ok((numbers.at(-1) ?? 0) < 6 * 60_000);
});
