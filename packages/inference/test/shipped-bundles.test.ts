import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { bones } from "@osteon/shared";
import { createEngine, loadBundles } from "../src/index.js";

const models = fileURLToPath(new URL("../../../../models", import.meta.url));

test("every shipped bundle is whole, names its licence and data, and answers its warm-up film right", async () => {
  const { bodyPart, fractures } = await loadBundles(models);
  assert.ok(bodyPart);
  assert.deepEqual([...fractures.keys()].sort(), [...bones].sort());
  const engine = await createEngine("onnxruntime", { threads: 1 });
  try {
    for (const bundle of [bodyPart, ...fractures.values()]) {
      const { manifest } = bundle;
      assert.ok(
        manifest.attribution.some((line) => line.includes("CC BY 4.0")),
        manifest.name,
      );
      assert.ok(manifest.metrics.films > 0, `${manifest.name} says what it was measured on`);
      assert.equal(manifest.metrics.split, "test");
    }
    for (const bundle of fractures.values()) await (await engine.load(bundle)).dispose();
    await (await engine.load(bodyPart)).dispose();
  } finally {
    await engine.dispose();
  }
});
