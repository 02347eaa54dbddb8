import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { loadBundles } from "@osteon/inference";
import { onnxOf } from "@osteon/inference/testing";
import { Importing, refused } from "../support/importing.js";

test("whose probability a model's one number is must be said, and is kept", async (t) => {
  const importing = await Importing.make();
  t.after(() => importing.remove());
  const bytes = onnxOf({
    input: [1, 1, 32, 32],
    nodes: [
      { op: "GlobalAveragePool", inputs: ["x"], outputs: ["pooled"] },
      { op: "Flatten", inputs: ["pooled"], outputs: ["flat"] },
      { op: "MatMul", inputs: ["flat", "weights"], outputs: ["logit"] },
      { op: "Sigmoid", inputs: ["logit"], outputs: ["y"] },
    ],
    // Of levels from 0 to 1, so that its number is over a half.
    constants: { weights: { dims: [1, 1], data: [3] } },
    outputs: ["y"],
  });
  await writeFile(path.join(importing.folder, "one.onnx"), bytes);
  const args = ["--task", "fracture", "--bone", "hip", "--preprocessing", "unit", "--replace"];
  await assert.rejects(
    importing.import("one.onnx", ...args),
    refused(/^The model gives one number: say whose probability it is, by --classes normal,fractured /m),
  );
  const logits: number[] = [];
  for (const [classes, whose] of [
    ["normal,fractured", "fractured"],
    ["fractured,normal", "normal"],
  ] as const) {
    assert.match(await importing.import("one.onnx", ...args, "--classes", classes), /Parity: 100 films/);
    const hip = (await loadBundles(importing.models)).fractures.get("hip");
    const training = { importedFrom: "one.onnx", preprocessing: "unit", classes };
    assert.deepEqual(hip?.manifest.training, training);
    assert.match(hip?.card ?? "", new RegExp(`one number, the probability of ${whose} `));
    logits.push(...(hip?.manifest.warmup.outputs.logit ?? []));
  }
  const [fractures = 0, normals = 0] = logits;
  assert.ok(fractures > 0.1 && normals < -0.1, `${logits}`);
  assert.ok(Math.abs(fractures + normals) < 1e-5, "p and 1 - p");
});
