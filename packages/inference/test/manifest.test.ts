import assert from "node:assert/strict";
import { test } from "node:test";
import { ProblemError } from "@osteon/shared";
import { checkManifest } from "../src/manifest.js";
import { bodyPartManifest, fractureManifest } from "./support/bundles.js";

function faultsOf(manifest: unknown): string[] {
  try {
    checkManifest(manifest);
  } catch (error) {
    assert.ok(error instanceof ProblemError && error.code === "bundle-damaged");
    return (error.errors ?? []).map(({ pointer, detail }) => `${pointer} ${detail}`);
  }
  return [];
}

test("where only some values may be, the fault names them", () => {
  const { input, ...rest } = fractureManifest();
  assert.deepEqual(
    faultsOf({ ...rest, schemaVersion: 2, bone: "knee", input: { ...input, layout: "CHW" } }).sort(),
    [
      "/bone must be one of elbow, hand, shoulder, leg, hip",
      "/input/layout must be one of NCHW, NHWC",
      "/schemaVersion must be 1",
    ],
  );
});

test("a model that was measured has figures, of what its films tell", () => {
  const { metrics, ...rest } = fractureManifest();
  const { auroc: _, sensitivity: __, ...some } = metrics;
  assert.deepEqual(faultsOf({ ...rest, metrics: some }), []);
  assert.deepEqual(faultsOf({ ...rest, metrics: { split: "test", films: 3 } }), [
    "/metrics must have figures where films were measured",
  ]);
});

test("a setting that nobody knows is refused, by its name", () => {
  const fracture = fractureManifest();
  const part = bodyPartManifest();
  const more = { sensitve: 0.1 };
  for (const where of ["input", "calibration", "thresholds", "regions"] as const)
    assert.deepEqual(faultsOf({ ...fracture, [where]: { ...fracture[where], ...more } }), [
      `/${where} must not have sensitve`,
    ]);
  for (const where of ["input", "calibration", "decision"] as const)
    assert.deepEqual(faultsOf({ ...part, [where]: { ...part[where], ...more } }), [
      `/${where} must not have sensitve`,
    ]);
  assert.deepEqual([faultsOf(part), faultsOf(fracture), faultsOf({ ...part, training: more })], [[], [], []]);
});
