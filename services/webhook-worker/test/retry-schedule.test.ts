import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
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

test("the guides tell how long a delivery is tried at least and at most", async () => {
  const days = (retryAfter: number, random: number) =>
    retrySchedule.reduce((sum, _, at) => sum + waitBefore(at + 1, retryAfter, random), 0) / 86_400_000;
  const between = (retryAfter: number) =>
    `${days(retryAfter, 0).toFixed(1)} to ${days(retryAfter, 1).toFixed(1)} days`;
  const longest = parseRetryAfter("999999999");
  assert.equal(longest, 43_200, "what the guides name");
  for (const name of ["results.md", "webhooks.md"]) {
    const guide = await readFile(new URL(`../../../../docs/guides/${name}`, import.meta.url), "utf8");
    for (const bounds of [between(0), between(longest)])
      assert.ok(guide.includes(bounds), `${name}: ${bounds}`);
  }
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
