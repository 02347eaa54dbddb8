import assert from "node:assert/strict";
import { test } from "node:test";
import { longestDeliveryWaitMs } from "@osteon/shared";
import { retrySchedule, waitBefore } from "../src/retry-schedule.js";
import { parseRetryAfter } from "../src/sender.js";

test("the waits grow and reach a little over three days", () => {
  assert.deepEqual(
    retrySchedule,
    [...retrySchedule].sort((a, b) => a - b),
  );
  const days = retrySchedule.reduce((a, b) => a + b, 0) / 86_400;
  assert.ok(days > 3 && days < 3.5, `${days} days`);
  assert.equal(retrySchedule.length, 16, "one less than the tries of a delivery");
});

test("a wait is its step's, up to a fifth longer, and never shorter than the receiver asked", () => {
  assert.equal(waitBefore(1, 0, 0), 5_000);
  assert.equal(waitBefore(1, 0, 1), 6_000);
  assert.equal(waitBefore(1, 3600, 0), 3_600_000);
  assert.equal(waitBefore(99, 0, 0), 12 * 3_600_000);
});

test("no wait is so long that it would be taken for a wrong clock's", () => {
  assert.ok(waitBefore(99, 0, 1) < longestDeliveryWaitMs);
  assert.ok(waitBefore(99, parseRetryAfter("999999999"), 1) < longestDeliveryWaitMs);
});
