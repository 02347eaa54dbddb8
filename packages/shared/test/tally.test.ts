import assert from "node:assert/strict";
import { test } from "node:test";
import { Tally } from "../src/index.js";

test("counts are by name, and what comes to nothing is forgotten", () => {
  const tally = new Tally();
  tally.add("a", 2);
  tally.add("b", 3);
  tally.add("a", 1);
  assert.deepEqual([tally.of("a"), tally.of("b"), tally.of("c"), tally.sum], [3, 3, 0, 6]);
  tally.add("a", -3);
  assert.deepEqual([[...tally], tally.sum], [[["b", 3]], 3]);
});

test("no more is taken away than there is", () => {
  const tally = new Tally();
  tally.add("a", 1);
  tally.add("b", 2);
  tally.add("a", -5);
  assert.deepEqual([tally.of("a"), tally.sum], [0, 2]);
});
