import assert from "node:assert/strict";
import { test } from "node:test";
import { ProblemError } from "@osteon/shared";
import { Admission, watchLoad } from "../src/admission.js";

/** The seconds that a refusal names, or undefined where the films are let in. */
function refusal(
  admission: Admission,
  films = 1,
  { tenant = "default", code = "overloaded" } = {},
): number | undefined {
  try {
    admission.check(tenant, films);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof ProblemError && error.code === code, String(error));
    return error.retryAfter;
  }
}

/** Feeds ten seconds in which `rate` films a second end and `backlog` stay, all of which wait. */
function busy(
  admission: Admission,
  rate: number,
  backlog: number,
  from = 0,
  tenants: ReadonlyMap<string, number> = new Map(),
): void {
  for (let second = 0; second <= 10; second += 1) {
    admission.sample({ backlog, waiting: backlog, ended: second * rate, tenants }, (from + second) * 1000);
  }
}

test("lets in what can be worked off in time, and refuses the rest with the time until there is room", () => {
  const admission = new Admission({ maxQueued: 10_000, maxWaitSeconds: 60 });
  busy(admission, 10, 599);
  assert.equal(refusal(admission, 1), undefined);
  assert.equal(refusal(admission, 16), 2, "15 films too many at 10 films a second");
  admission.accepted("default", 100);
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

const tenants = new Map<string, number>();

test("a count that begins anew does not spoil the rate", () => {
  const admission = new Admission({ maxQueued: 10_000, maxWaitSeconds: 10 });
  busy(admission, 10, 50);
  admission.sample({ backlog: 101, waiting: 101, ended: 3, tenants }, 11_000);
  assert.equal(refusal(admission), 1, "the rate is still known: ten films a second");
  admission.sample({ backlog: 99, waiting: 99, ended: 0, tenants }, 12_000);
  assert.equal(refusal(admission), undefined);
});

test("a system that ran empty knows no rate any more", () => {
  const admission = new Admission({ maxQueued: 10_000, maxWaitSeconds: 10 });
  busy(admission, 10, 50);
  assert.equal(admission.state.filmsPerSecond, 10);
  admission.sample({ backlog: 0, waiting: 0, ended: 100, tenants }, 11_000);
  assert.equal(admission.state.filmsPerSecond, undefined);
  admission.sample({ backlog: 500, waiting: 500, ended: 100, tenants }, 12_000);
  assert.equal(refusal(admission), undefined, "its workers may be others by now");
});

test("films that come now and then, and never wait, make no rate to refuse exams by", () => {
  const admission = new Admission({ maxQueued: 10_000, maxWaitSeconds: 10 });
  // One film every five seconds: each is worked on at once, and put off for a while by a fault.
  for (let second = 0; second < 60; second += 1)
    admission.sample({ backlog: 1, waiting: 0, ended: Math.floor(second / 5), tenants }, second * 1000);
  assert.equal(admission.state.filmsPerSecond, undefined);
  assert.equal(refusal(admission, 16), undefined);
  admission.accepted("default", 16);
  assert.equal(refusal(admission, 16), undefined);
});

test("where nothing waits nothing is refused, however slow the workers were", () => {
  const admission = new Admission({ maxQueued: 10, maxWaitSeconds: 1 });
  busy(admission, 1, 5);
  assert.equal(refusal(admission), 5);
  admission.sample({ backlog: 12, waiting: 0, ended: 20, tenants }, 11_000);
  assert.equal(refusal(admission, 16), undefined);
  admission.accepted("default", 16);
  assert.equal(refusal(admission), 28, "by now something does");
});

test("a flood refuses its own tenant first; others go on within their share, to an end", () => {
  const admission = new Admission({ maxQueued: 1_000, maxWaitSeconds: 3_600 });
  busy(admission, 10, 1_000, 0, new Map([["flood", 1_000]]));
  assert.equal(refusal(admission, 1, { tenant: "flood" }), 1, "alone it may fill the whole queue");
  assert.equal(refusal(admission, 16, { tenant: "other" }), undefined);
  admission.accepted("other", 500);
  assert.equal(refusal(admission, 1, { tenant: "flood", code: "share-exceeded" }), 51);
  assert.equal(refusal(admission, 1, { tenant: "other", code: "share-exceeded" }), 1);
  assert.equal(refusal(admission, 1, { tenant: "third" }), undefined);
  admission.accepted("third", 333);
  admission.accepted("fourth", 167);
  assert.equal(refusal(admission, 1, { tenant: "fifth" }), 1, "twice the queue's length is the end for all");
});

test("the time that a refused flood is told is the shorter of the queue's and its own", () => {
  const admission = new Admission({ maxQueued: 100, maxWaitSeconds: 3_600 });
  busy(
    admission,
    1,
    140,
    0,
    new Map([
      ["flood", 59],
      ["other", 81],
    ]),
  );
  const flood = { tenant: "flood", code: "share-exceeded" };
  assert.equal(refusal(admission, 1, flood), 20, "ten films over its share, which drains at half the rate");
});

test("a rate of old is forgotten where films come and none waits", () => {
  const admission = new Admission({ maxQueued: 10_000, maxWaitSeconds: 60 });
  busy(admission, 0.5, 20);
  assert.equal(admission.state.filmsPerSecond, 0.5);
  // One is worked on at each look, and none waits.
  for (let second = 11; second <= 41; second += 1)
    admission.sample({ backlog: 1, waiting: 0, ended: second, tenants }, second * 1000);
  assert.equal(admission.state.filmsPerSecond, undefined);
  admission.accepted("default", 100);
  assert.equal(refusal(admission, 16), undefined);
});

test("what is accepted while the load is looked at is not lost to the count", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const admission = new Admission({ maxQueued: 10, maxWaitSeconds: 60 });
  const answers: ((waiting: number) => void)[] = [];
  const stop = watchLoad(
    admission,
    () =>
      new Promise((answer) => {
        answers.push((waiting) => answer({ backlog: waiting, waiting, ended: 0, tenants }));
      }),
    assert.ifError,
  );
  /** A look whose answer, so many films, comes when others were accepted meanwhile. */
  const look = async (waiting: number, meanwhile: number) => {
    t.mock.timers.tick(1_000);
    admission.accepted("default", meanwhile);
    answers.at(-1)?.(waiting);
    await new Promise(setImmediate);
  };
  await look(5, 0);
  assert.equal(refusal(admission, 5), undefined);
  await look(5, 5);
  assert.equal(refusal(admission, 1), 60, "ten wait by now");
  await look(10, 0);
  assert.equal(admission.state.backlog, 10, "which are counted once when they were looked at");
  await look(9, 1);
  await look(10, 0);
  assert.equal(admission.state.backlog, 10);
  stop();
});

test("lets nothing in from a look that failed until one that does not, and tells of it once", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const admission = new Admission({ maxQueued: 10, maxWaitSeconds: 60 });
  let away = true;
  const told: unknown[] = [];
  const stop = watchLoad(
    admission,
    async () => {
      if (away) throw new ProblemError("queue-unavailable");
      return { backlog: 0, waiting: 0, ended: 0, tenants };
    },
    (error) => told.push(error),
  );
  const look = async () => {
    t.mock.timers.tick(1_000);
    await new Promise(setImmediate);
  };
  assert.equal(refusal(admission), undefined, "nothing is known yet");
  await look();
  await look();
  for (const ask of [() => admission.check("default", 1), () => admission.requireQueue()])
    assert.throws(ask, { code: "queue-unavailable" });
  assert.equal(told.length, 1);
  away = false;
  await look();
  assert.equal(refusal(admission), undefined);
  stop();
});

test("the rate follows though the clock was put back", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  let second = 0;
  let ended = 0;
  let rate = 10;
  let backMs = 0;
  t.mock.method(performance, "now", () => second * 1_000);
  t.mock.method(Date, "now", () => Date.UTC(2026, 0, 1) + second * 1_000 - backMs);
  const admission = new Admission({ maxQueued: 1_000, maxWaitSeconds: 60 });
  const stop = watchLoad(
    admission,
    async () => ({ backlog: 100, waiting: 100, ended, tenants }),
    assert.ifError,
  );
  const pass = async (seconds: number) => {
    for (const end = second + seconds; second < end; ) {
      second += 1;
      ended += rate;
      t.mock.timers.tick(1_000);
      await new Promise(setImmediate);
    }
  };
  await pass(30);
  assert.equal(admission.state.filmsPerSecond, 10);
  backMs = 3_600_000;
  rate = 1;
  await pass(31);
  assert.equal(admission.state.filmsPerSecond, 1);
  stop();
});

test("a look that fails is told once an outage, also where the fault is ours, and the next goes on", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const admission = new Admission({ maxQueued: 10, maxWaitSeconds: 60 });
  const told: unknown[] = [];
  const bug = new TypeError("a bug");
  let looks = 0;
  const stop = watchLoad(
    admission,
    async () => {
      looks += 1;
      if (looks <= 2) throw bug;
      return { backlog: 7, waiting: 7, ended: 0, tenants };
    },
    (error) => told.push(error),
  );
  for (let second = 0; second < 3; second += 1) {
    t.mock.timers.tick(1_000);
    await new Promise(setImmediate);
  }
  stop();
  assert.deepEqual([looks, told], [3, [bug]]);
  assert.equal(admission.state.backlog, 7);
});
