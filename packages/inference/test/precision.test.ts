import assert from "node:assert/strict";
import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ProblemError } from "@osteon/shared";
import { BodyPartClassifier, createEngine, loadBundle, loadBundles } from "../src/index.js";
import type { BodyPartManifest } from "../src/manifest.js";
import { type Precision, precisionOf } from "../src/precision.js";
import {
  bodyPartManifest,
  expectedLogits,
  film,
  temporaryFolder,
  warmupFilm,
  writeBundle,
} from "./support/bundles.js";

/** What bodypart.int8.onnx answers. */
const stepped = (logits: number[]) => logits.map((logit) => Math.round(logit * 16) / 16);

function withInt8(): BodyPartManifest {
  const outputs = { logits: stepped(expectedLogits(warmupFilm)) };
  return { ...bodyPartManifest(), int8: { warmup: { outputs, tolerance: 1e-4 } } };
}

async function classifierOf(t: TestContext, folder: string, precision: Precision) {
  const engine = await createEngine("onnxruntime", { threads: 1 });
  t.after(() => engine.dispose());
  const bundles = await loadBundles(folder, precision);
  assert.ok(bundles.bodyPart);
  const model = await engine.load(bundles.bodyPart);
  return { bundle: bundles.bodyPart, model, classifier: await BodyPartClassifier.load(engine, bundles) };
}

test("the int8 model answers where it is asked for, and the result names its digest", async (t) => {
  const folder = await temporaryFolder(t);
  await writeBundle(folder, withInt8());
  const picture = film(3);
  for (const precision of ["fp32", "int8"] as const) {
    const { bundle, model, classifier } = await classifierOf(t, folder, precision);
    const file = precision === "int8" ? "model.int8.onnx" : "model.onnx";
    const exact = expectedLogits(picture);
    const expected = precision === "int8" ? stepped(exact) : exact;
    const [output] = await model.run([picture]);
    assert.ok(output?.outputs.logits);
    [...output.outputs.logits.data].forEach((logit, at) => {
      assert.ok(Math.abs(logit - (expected[at] ?? Number.NaN)) < 1e-4, `${precision} ${at}`);
    });
    const answer = await classifier.classify(picture);
    assert.equal(answer.model.digest, bundle.manifest.files[file]?.digest);
  }
});

test("a bundle without an int8 model answers in float32 where int8 is asked for", async (t) => {
  const folder = await temporaryFolder(t);
  const bundle = await loadBundle(await writeBundle(folder, bodyPartManifest()), "int8");
  assert.equal(bundle.modelFile, "model.onnx");
});

test("an int8 model that is damaged is refused where it would answer, and only there", async (t) => {
  const folder = await writeBundle(await temporaryFolder(t), withInt8());
  await appendFile(join(folder, "model.int8.onnx"), "x");
  assert.equal((await loadBundle(folder)).modelFile, "model.onnx");
  await assert.rejects(
    loadBundle(folder, "int8"),
    (error) =>
      error instanceof ProblemError &&
      error.code === "bundle-damaged" &&
      error.message.includes("model.int8.onnx"),
  );
});

test("an int8 model whose warm-up is another's is refused", async (t) => {
  const manifest = withInt8();
  const wrong = { ...manifest, int8: { warmup: { ...manifest.warmup, tolerance: 1e-6 } } };
  const bundle = await loadBundle(await writeBundle(await temporaryFolder(t), wrong), "int8");
  const engine = await createEngine("onnxruntime", { threads: 1 });
  t.after(() => engine.dispose());
  await assert.rejects(
    engine.load(bundle),
    (error) => error instanceof ProblemError && error.code === "warmup-failed",
  );
});

test("a manifest that tells of an int8 model without its file, or with the wrong number of answers, is damaged", async (t) => {
  const folder = await temporaryFolder(t);
  const plain = await writeBundle(folder, bodyPartManifest());
  const manifest = { ...bodyPartManifest(), int8: { warmup: { outputs: { logits: [1] }, tolerance: 1 } } };
  await writeFile(join(plain, "model.json"), JSON.stringify(manifest));
  await assert.rejects(
    loadBundle(plain),
    (error) =>
      error instanceof ProblemError &&
      error.message.includes("/int8 must be there with the file") &&
      error.message.includes("/int8/warmup/outputs/logits must have one number a class"),
  );
});

test("an engine gets the precision that it can run", () => {
  assert.equal(precisionOf("onnxruntime", "fp32"), "fp32");
  assert.equal(precisionOf("onnxruntime", "int8"), "int8");
  assert.equal(precisionOf("onnxruntime"), "int8");
  assert.equal(precisionOf("tfjs-node"), "fp32");
  assert.throws(
    () => precisionOf("tfjs-node", "int8"),
    (error) => error instanceof ProblemError && error.code === "config-invalid",
  );
});
