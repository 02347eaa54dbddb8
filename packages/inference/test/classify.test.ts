import assert from "node:assert/strict";
import { test } from "node:test";
import { classify } from "../src/classify.js";
import { bodyPartManifest } from "./support/bundles.js";

const manifest = { ...bodyPartManifest(), calibration: { method: "temperature", temperature: 1 } } as const;
const logits = (...values: number[]) => Float32Array.from(values);

test("probabilities sum to one, and the temperature softens them", () => {
  const sharp = classify(logits(4, 1, 0, 0, 0, 0, 0), manifest);
  const soft = classify(logits(4, 1, 0, 0, 0, 0, 0), {
    ...manifest,
    calibration: { method: "temperature", temperature: 3 },
  });
  for (const { bodyPart } of [sharp, soft]) {
    const sum = Object.values(bodyPart.probabilities).reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(sum - 1) < 1e-12);
    assert.equal(bodyPart.label, "elbow");
    assert.equal(bodyPart.probability, bodyPart.probabilities.elbow);
  }
  assert.ok(sharp.bodyPart.probability > soft.bodyPart.probability);
  assert.ok(Math.abs(sharp.bodyPart.probability - Math.exp(4) / (Math.exp(4) + Math.E + 5)) < 1e-9);
});

test("the outcome follows the class, and a class that is too improbable is not identified", () => {
  assert.equal(classify(logits(9, 0, 0, 0, 0, 0, 0), manifest).outcome, "analysed");
  assert.equal(classify(logits(0, 0, 0, 0, 0, 9, 0), manifest).outcome, "unsupported-region");
  assert.equal(classify(logits(0, 0, 0, 0, 0, 0, 9), manifest).outcome, "not-identified");
  assert.equal(classify(logits(0.1, 0, 0, 0, 0, 0, 0), manifest).outcome, "not-identified");
});

test("a class as probable as the floor is sure", () => {
  const films = logits(1, 0, 0, 0, 0, 0, 0);
  const { probability } = classify(films, manifest).bodyPart;
  const floor = (minimumProbability: number) =>
    classify(films, { ...manifest, decision: { ...manifest.decision, minimumProbability } }).outcome;
  assert.deepEqual([floor(probability), floor(probability + 1e-9)], ["analysed", "not-identified"]);
});

test("a hint lifts the floor for its own region, and does nothing else", () => {
  const unsure = logits(0.1, 0, 0, 0, 0, 0, 0);
  const [plain, hinted] = [classify(unsure, manifest), classify(unsure, manifest, "elbow")];
  assert.equal(hinted.outcome, "analysed");
  assert.deepEqual(hinted.bodyPart, plain.bodyPart);
  assert.deepEqual(classify(unsure, manifest, "hand"), plain);
  for (const sure of [logits(9, 0, 0, 0, 0, 0, 0), logits(0, 0, 0, 0, 0, 9, 0), logits(0, 0, 0, 0, 0, 0, 9)])
    assert.deepEqual(classify(sure, manifest, "hand"), classify(sure, manifest));
});

test("what is no number is no answer", () => {
  for (const odd of [Number.NaN, Number.POSITIVE_INFINITY])
    assert.throws(() => classify(Float32Array.of(1, odd, 0), manifest), {
      code: "engine-failed",
    });
});

test("great logits do not overflow", () => {
  const { bodyPart } = classify(logits(1e4, 0, 0, 0, 0, 0, -1e4), manifest);
  assert.equal(bodyPart.probability, 1);
});
