import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { normalise } from "@osteon/imaging";
import { bones } from "@osteon/shared";
import { createEngine, FractureExaminer, loadBundles } from "../src/index.js";

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

test("the int8 models show where, as the float32 ones do", async () => {
  const engine = await createEngine("onnxruntime", { threads: 1 });
  try {
    const [exact, quick] = await Promise.all(
      (["fp32", "int8"] as const).map(async (precision) =>
        FractureExaminer.load(engine, await loadBundles(models, precision)),
      ),
    );
    assert.ok(exact && quick);
    let hottestOfAll = 0;
    for (const bone of bones) {
      const film = await normalise(await readFile(join(models, `fracture-${bone}`, "warmup.png")));
      const [a, b] = [await exact.examine(bone, film), await quick.examine(bone, film)];
      assert.ok(a.heatmap && b.heatmap);
      // Rare hot cells are what a coarse scale cuts off first.
      const [hottest, found] = [Math.max(...a.heatmap.data), Math.max(...b.heatmap.data)];
      assert.ok(Math.abs(hottest - found) < 0.1, `${bone}: ${found} instead of ${hottest}`);
      hottestOfAll = Math.max(hottestOfAll, hottest);
    }
    assert.ok(hottestOfAll > 0.6, "there were hot cells");
  } finally {
    await engine.dispose();
  }
});
