import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, auroc, calibrationError, operatingPoint } from "../../src/evaluation/metrics.js";

const answers = (...pairs: [boolean, number][]): Answer[] =>
  pairs.map(([truth, probability]) => ({ truth, probability }));

test("AUROC is the share of pairs in the right order, ties half", () => {
  assert.equal(auroc(answers([true, 0.9], [false, 0.1])), 1);
  assert.equal(auroc(answers([true, 0.1], [false, 0.9])), 0);
  assert.equal(auroc(answers([true, 0.5], [false, 0.5])), 0.5);
  assert.equal(auroc(answers([true, 0.8], [true, 0.3], [false, 0.3], [false, 0.1])), 3.5 / 4);
  assert.ok(Number.isNaN(auroc(answers([true, 0.8]))));
});

test("an operating point counts each class by itself", () => {
  const point = operatingPoint(
    answers([true, 0.5], [true, 0.2], [false, 0.5], [false, 0.1], [false, 0.2]),
    0.5,
  );
  assert.deepEqual(point, { sensitivity: 0.5, specificity: 2 / 3 });
});

test("calibration error is how far what was said lies from what was", () => {
  assert.ok(
    Math.abs(calibrationError(answers([true, 0.75], [true, 0.75], [true, 0.75], [false, 0.75]))) < 1e-12,
  );
  assert.ok(
    Math.abs(calibrationError(answers([true, 0.25], [true, 0.25], [false, 0.25], [true, 0.25])) - 0.5) <
      1e-12,
  );
});
