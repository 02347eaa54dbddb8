import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startOnnxruntimeLane } from "../../src/engines/onnxruntime/index.js";
import { createEngine, loadBundle } from "../../src/index.js";
import { damagedFor, engineConformance } from "../engine-conformance.js";
import { bodyPartManifest, temporaryFolder, writeBundle } from "../support/bundles.js";
import { onnxOf } from "../support/onnx.js";

engineConformance("onnxruntime", startOnnxruntimeLane);

test("a model that takes another input than its manifest says is refused for good, and both are told", async (t: TestContext) => {
  const engine = await createEngine("onnxruntime", { threads: 1 });
  t.after(() => engine.dispose());
  const { input, ...rest } = bodyPartManifest();
  const refused = async (other: object, reason: RegExp, model?: Uint8Array) => {
    const folder = await writeBundle(
      await temporaryFolder(t),
      { ...rest, input: { ...input, ...other } },
      model,
    );
    await assert.rejects(engine.load(await loadBundle(folder)), damagedFor(reason));
  };
  await refused({ width: 32 }, /bodypart: .* manifest's input, float32 \[1,1,64,32\]: .*Expected: 64/s);
  await refused({ layout: "NHWC" }, /float32 \[1,64,64,1\]/);
  await refused({ channels: 3 }, /float32 \[1,3,64,64\]/);
  const nodes = [{ op: "Cast", inputs: ["x"], outputs: ["logits"], attributes: { to: 1 } }];
  const doubles = onnxOf({ input: [1, 1, 64, 64], inputType: 11, nodes, outputs: ["logits"] });
  await refused({ name: "x" }, /float32 \[1,1,64,64\]: .*double/s, doubles);
});

test("models that were replaced ninety times leave none of their bytes behind", async () => {
  const reloads = fileURLToPath(new URL("../fixtures/onnxruntime-reloads.js", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [reloads]);
  const held = Number(stdout) / 2 ** 20;
  // Fifty, of the three that serve and of what is fresh garbage; with all of their bytes held more than six hundred.
  assert.ok(held > 0 && held < 200, `${held.toFixed(0)} MB are held`);
});
