import assert from "node:assert/strict";
import { test } from "node:test";
import { OnceAnOutage } from "../../src/index.js";

test("of failures in a row the first is told, and the first after a success", async () => {
  const told: unknown[] = [];
  const outage = new OnceAnOutage((error) => told.push(error));
  for (const step of ["a", "b", "", "c", "d"])
    await outage.try(async () => {
      if (step !== "") throw step;
    });
  assert.deepEqual(told, ["a", "c"]);
});

test("each cause of an outage is told once, and again in the next", () => {
  const told: unknown[] = [];
  const outage = new OnceAnOutage((error) => told.push(error));
  const fail = (...causes: string[]) => {
    for (const cause of causes) outage.failed(cause, cause);
  };
  fail("refused", "loading", "refused", "loading");
  outage.over();
  fail("refused", "refused");
  assert.deepEqual(told, ["refused", "loading", "refused"]);
});
