import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { trendOf } from "./trend.js";
import { faultsOf, judge } from "./verdict.js";

/** Samples of a run in which one figure of one process is as told. */
const samples = (figure: string, value: (at: number) => number) => ({
  samples: Array.from({ length: 100 }, (_, at) => ({
    jobs: at * 1_000,
    figures: { worker: { [figure]: value(at) } },
  })),
});

/** A heap: it fills for ten samples and is emptied. */
const sawtooth = (at: number) => 200 + (at % 10) * 5;

describe("the soak's judgement", () => {
  test("a line's growth is told, and its noise", () => {
    const { mean, growth, noise } = trendOf(Array.from({ length: 40 }, (_, x) => ({ x, y: 3 + x })));
    assert.deepEqual([mean, growth].map(Math.round), [23, 39]);
    assert.ok(noise < 1e-9);
  });

  const cases: [string, string, (at: number) => number, "flat" | "grows" | "unclear"][] = [
    ["a heap that fills and is emptied", "RSS, MB", sawtooth, "flat"],
    ["a heap that leaks as well", "RSS, MB", (at) => sawtooth(at) + at * 0.5, "grows"],
    ["a socket that stays now and then", "descriptors, sockets with them", (at) => 30 + at / 10, "grows"],
    ["keys that nobody removes", "keys", (at) => 100 + at, "grows"],
    ["memory that jumps about", "RSS, MB", (at) => 200 + (at % 50 < 25 ? 0 : 400), "unclear"],
    ["a figure that is none", "RSS, MB", () => Number.NaN, "unclear"],
  ];
  for (const [what, figure, value, verdict] of cases)
    test(`${what} is "${verdict}"`, () => {
      assert.deepEqual(
        judge(samples(figure, value), 0.2).map((each) => each.verdict),
        [verdict],
      );
    });

  test("what is lost, left over or not done is told", () => {
    const right = {
      ...samples("keys", () => 50),
      jobs: { bodypart: 40, fracture: 40, webhook: 20 },
      seconds: 1,
      analyses: 40,
      films: 40,
      wrong: 0,
      unseen: 0,
      erased: 2,
      expired: 38,
      delivered: 20,
      restarts: 0,
      leftovers: [],
    };
    const verdicts = judge(right, 0.2);
    assert.deepEqual(faultsOf(right, 100, verdicts), []);
    const faults = faultsOf(
      { ...right, wrong: 1, restarts: 1, leftovers: ["pending/one"] },
      101,
      judge(
        samples("keys", (at) => at),
        0.2,
      ),
    );
    assert.equal(faults.length, 5, faults.join("\n"));
  });
});
