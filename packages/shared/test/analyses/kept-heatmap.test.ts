import assert from "node:assert/strict";
import { test } from "node:test";
import { heatOf, keepHeatmap } from "@osteon/shared";

const placement = { left: 0, top: 1, width: 4, height: 2, canvasWidth: 4, canvasHeight: 4 };
const image = { width: 400, height: 200 };

test("a heat map that was kept tells its heat again, to within a level", () => {
  const data = Float32Array.from([0, 0.001, 0.25, 0.5, 0.999, 1]);
  const kept = keepHeatmap({ width: 3, height: 2, data }, placement, image);
  assert.deepEqual([kept.placement, kept.image], [placement, image]);
  const heat = heatOf(JSON.parse(JSON.stringify(kept)));
  assert.deepEqual([heat.width, heat.height, heat.data.length], [3, 2, 6]);
  for (const [at, each] of heat.data.entries())
    assert.ok(Math.abs(each - (data[at] ?? Number.NaN)) <= 1 / 255, `cell ${at}: ${each}`);
});

test("heat beyond its bounds is kept as the bound", () => {
  const data = Float32Array.from([-0.5, 1.5]);
  assert.deepEqual([...heatOf(keepHeatmap({ width: 2, height: 1, data }, placement, image)).data], [0, 1]);
});
