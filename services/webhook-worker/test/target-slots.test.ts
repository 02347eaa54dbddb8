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

/** A receiver that answers after so many milliseconds, and that something is sent to all the time. */
function busyLane(milliseconds: number): TargetSlots {
  const slots = new TargetSlots(256);
  for (const slot of takeAll(slots, "a", "slow")) slot.release(milliseconds);
  takeAll(slots, "a", "slow");
  return slots;
}

/** The wait of what finds no room. */
function putOff(slots: TargetSlots, now: number): number {
  const wait = slots.take("a", "slow", now);
  assert.ok(typeof wait === "number");
  return wait;
}

test("what finds no room is spread over the time that the ones before it take, for five minutes", () => {
  const slots = busyLane(15_000);
  const waits = Array.from({ length: 16 }, () => putOff(slots, 0));
  assert.deepEqual(
    waits,
    waits.toSorted((x, y) => x - y),
  );
  assert.ok((waits[0] ?? 0) > 10_000);
  assert.ok((waits.at(-1) ?? 0) < 6 * 60_000);
});

test("thousands that find no room never come back at once, however often they are put off", () => {
  const slots = busyLane(3_000);
  const backBy = new Map<number, number>();
  const put = (now: number) => {
    const wait = putOff(slots, now);
    assert.ok(wait <= 9 * 60_000, `${wait}`);
    const second = Math.floor((now + wait) / 1000);
    backBy.set(second, (backBy.get(second) ?? 0) + 1);
  };
  for (let job = 0; job < 10_000; job += 1) put((job * 12_000) / 10_000);
  for (let second = 0; second < 30 * 60; second += 1) {
    const back = backBy.get(second) ?? 0;
    assert.ok(back <= 100, `${back} in second ${second}`);
    for (let job = 0; job < back; job += 1) put((second + 1) * 1000);
  }
});

test("whether there is room can be asked without taking it", () => {
  const slots = new TargetSlots(256);
  for (let asked = 0; asked < 20; asked += 1) assert.equal(slots.wait("a", "x", 0), undefined);
  assert.equal(takeAll(slots, "a", "x").length, 8);
  assert.ok((slots.wait("a", "x", 0) ?? 0) > 0);
});
