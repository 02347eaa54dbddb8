import assert from "node:assert/strict";
import { test } from "node:test";
import type { Heatmap, Placement } from "@osteon/imaging";
import { examine } from "../src/examine.js";
import { findRegions } from "../src/regions.js";
import { fractureManifest } from "./support/bundles.js";

const regions = { threshold: 0.5, maximum: 3 };
const manifest = { ...fractureManifest(), regions };
/** A film of 32 × 64 in the middle of a canvas of 64 × 64; cells of 8 pixels. */
const placement: Placement = { left: 16, top: 0, width: 32, height: 64, canvasWidth: 64, canvasHeight: 64 };

function heatmap(...hot: [x: number, y: number, heat: number][]): Heatmap {
  const data = new Float32Array(64);
  for (const [x, y, heat] of hot) data[y * 8 + x] = heat;
  return { width: 8, height: 8, data };
}

test("label at the balanced threshold, certainty at the outer two", () => {
  const at = (probability: number) => Math.log(probability / (1 - probability));
  const answer = (probability: number) => {
    const { label, certainty } = examine(at(probability), heatmap(), placement, manifest);
    return [label, certainty];
  };
  assert.deepEqual(answer(0.05), ["normal", "negative"]);
  assert.deepEqual(answer(0.2), ["normal", "doubtful"]);
  assert.deepEqual(answer(0.5), ["fractured", "doubtful"]);
  assert.deepEqual(answer(0.9), ["fractured", "positive"]);
});

test("a threshold is reached by the probability that is equal to it", () => {
  const { probability } = examine(0.3, heatmap(), placement, manifest);
  const { sensitive, specific } = manifest.thresholds;
  const answer = (thresholds: typeof manifest.thresholds) => {
    const { label, certainty } = examine(0.3, heatmap(), placement, { ...manifest, thresholds });
    return [label, certainty];
  };
  assert.deepEqual(answer({ sensitive, balanced: probability, specific }), ["fractured", "doubtful"]);
  const outer = { sensitive: probability, balanced: specific, specific };
  assert.deepEqual(answer(outer), ["normal", "doubtful"]);
  assert.deepEqual(answer({ sensitive, balanced: sensitive, specific: probability }), [
    "fractured",
    "positive",
  ]);
});

test("the probability is calibrated by scale and offset", () => {
  const calibrated = { ...manifest, calibration: { method: "platt", scale: 2, offset: -1 } } as const;
  assert.ok(Math.abs(examine(0.5, heatmap(), placement, calibrated).probability - 0.5) < 1e-12);
});

test("a region is the box around connected hot cells, diagonals too, in fractions of the film", () => {
  const [region, ...rest] = findRegions(heatmap([2, 2, 0.6], [3, 3, 0.9], [4, 3, 0.55]), placement, regions);
  assert.deepEqual(rest, []);
  assert.deepEqual(
    { ...region, score: region?.score.toFixed(2) },
    { x: 0, y: 0.25, width: 0.75, height: 0.25, score: "0.90" },
  );
});

test("a set of hot cells is one region whichever way it goes on: up again, or to the left", () => {
  const shapes: [x: number, y: number][][] = [
    [
      [2, 1],
      [2, 2],
      [3, 3],
      [4, 2],
      [4, 1],
    ],
    [
      [4, 1],
      [3, 2],
      [2, 2],
    ],
  ];
  for (const cells of shapes)
    assert.equal(
      findRegions(
        heatmap(...cells.map(([x, y]) => [x, y, 0.5] as [number, number, number])),
        placement,
        regions,
      ).length,
      1,
    );
});

test("a cell that the film's edge goes through is the film's, on each side", () => {
  const inside: Placement = { ...placement, left: 20, top: 4, width: 32, height: 56 };
  for (const [x, y] of [
    [2, 4],
    [6, 4],
    [4, 0],
    [4, 7],
  ] as const)
    assert.equal(findRegions(heatmap([x, y, 0.9]), inside, regions).length, 1, `${x}, ${y}`);
});

test("regions come best first, no more than the maximum, clipped to the film, none in the margin", () => {
  const found = findRegions(
    heatmap([0, 0, 0.99], [1, 4, 0.6], [2, 4, 0.6], [2, 0, 0.7], [4, 2, 0.8], [4, 6, 0.9], [2, 7, 0.4]),
    placement,
    regions,
  );
  assert.deepEqual(
    found.map((each) => each.score.toFixed(1)),
    ["0.9", "0.8", "0.7"],
  );
  const clipped = findRegions(heatmap([1, 4, 0.6], [2, 4, 0.6]), placement, regions);
  assert.deepEqual(
    clipped.map(({ x, width }) => [x, width]),
    [[0, 0.25]],
  );
});

test("heat in the margin beside a film gives no region its score, and keeps none from its place", () => {
  const one = { threshold: 0.5, maximum: 1 };
  const found = findRegions(heatmap([1, 4, 0.99], [2, 4, 0.51], [4, 2, 0.8]), placement, one);
  assert.deepEqual(
    found.map(({ score, y }) => [score.toFixed(2), y]),
    [["0.80", 0.25]],
  );
});

test("what is no number is no answer", () => {
  const refused = { code: "engine-failed" };
  for (const logit of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    assert.throws(() => examine(logit, heatmap(), placement, manifest), refused);
  assert.throws(() => examine(0, heatmap([3, 3, Number.NaN]), placement, manifest), refused);
});

test("a certain negative shows no region, a doubtful film does", () => {
  const hot = heatmap([3, 3, 0.9]);
  assert.deepEqual(examine(-9, hot, placement, manifest).regions, []);
  assert.equal(examine(-1, hot, placement, manifest).regions?.length, 1);
});

test("a model without a heat map gives no regions at all, whatever the probability", () => {
  for (const logit of [-9, 9]) {
    const { heatmap: _, ...outputs } = manifest.outputs;
    const { regions: __, ...bare } = { ...manifest, outputs };
    const found = examine(logit, undefined, placement, bare);
    assert.ok(!("regions" in found));
    assert.equal(found.label, logit > 0 ? "fractured" : "normal");
  }
});
