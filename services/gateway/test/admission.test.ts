import assert from "node:assert/strict";
import { test } from "node:test";
import { ProblemError } from "@osteon/shared";
import { Admission } from "../src/admission.js";

/** The seconds that a refusal names, or undefined where the films are let in. */
function refusal(admission: Admission, films = 1): number | undefined {
  try {
    admission.check(films);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof ProblemError && error.code === "overloaded");
    return error.retryAfter;
  }
}

/** Feeds ten seconds in which `rate` films a second end and `backlog` stay. */
function busy(admission: Admission, rate: number, backlog: number, from = 0): void {
  for (let second = 0; second <= 10; second += 1) {
    admission.sample({ backlog, ended: second * rate }, (from + second) * 1000);
  }
}

test("lets in what can be worked off in time, and refuses the rest with the time until there is room", () => {
  const admission = new Admission({ maxQueued: 10_000, maxWaitSeconds: 60 });
  busy(admission, 10, 599);
  assert.equal(refusal(admission, 1), undefined);
  assert.equal(refusal(admission, 16), 2, "15 films too many at 10 films a second");
  admission.accepted(100);
  assert.equal(refusal(admission, 1), 10);
  busy(admission, 50, 700, 20);
  assert.equal(refusal(admission, 1), undefined, "faster workers make room");
});

test("without a rate only the number counts: stopped workers lose nothing that is accepted", () => {
  const admission = new Admission({ maxQueued: 100, maxWaitSeconds: 1 });
  busy(admission, 0, 99);
  assert.equal(refusal(admission, 1), undefined);
  assert.equal(refusal(admission, 2), 60);
});

test("idle time and a count that begins anew do not spoil the rate", () => {
  const admission = new Admission({ maxQueued: 10_000, maxWaitSeconds: 10 });
  busy(admission, 10, 50);
  for (let second = 11; second < 60; second += 1) admission.sample({ backlog: 0, ended: 100 }, second * 1000);
  admission.sample({ backlog: 101, ended: 100 }, 60_000);
  assert.equal(refusal(admission), 1, "the rate is still known: ten films a second");
  admission.sample({ backlog: 99, ended: 0 }, 61_000);
  assert.equal(refusal(admission), undefined);
});
