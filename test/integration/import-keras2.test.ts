import assert from "node:assert/strict";
import { copyFile, mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { loadBundles } from "@osteon/inference";
import { repoRoot } from "@osteon/shared/command-line";
import { Importing, refused } from "../support/importing.js";

const fixtures = path.join(repoRoot, "packages/inference/test/fixtures/keras2");
const film = path.join(repoRoot, "test/fixtures/small-film.png");

let importing: Importing;
before(async () => {
  importing = await Importing.make();
});
after(() => importing?.remove());

describe("files that Keras 2 wrote answer as they did in Keras 2", () => {
  const films = () => path.join(importing.folder, "films");
  let answers: Readonly<Record<string, readonly number[]>>;
  before(async () => {
    answers = JSON.parse(await readFile(path.join(fixtures, "answers.json"), "utf8")) as typeof answers;
    await mkdir(films());
    await copyFile(film, path.join(films(), "film.png"));
  });

  for (const [file, tolerance] of [
    ["nested.h5", 1e-4],
    ["nested.keras", 1e-4],
    // Of float16 each of the two rounds in steps of its own.
    ["mixed.h5", 2e-3],
    ["layers.h5", 1e-4],
    ["layers.keras", 1e-4],
    ["frozen.h5", 1e-4],
    ["named.h5", 1e-4],
    ["named.keras", 1e-4],
  ] as const)
    test(file, async () => {
      await copyFile(path.join(fixtures, file), path.join(importing.folder, file));
      const args = ["--task", "bodypart", "--films", films(), "--replace"];
      assert.match(await importing.import(file, ...args), /Parity: 100 films/);
      const { bodyPart } = await loadBundles(importing.models);
      const powers = (bodyPart?.manifest.warmup.outputs.logits ?? []).map(Math.exp);
      const sum = powers.reduce((all, each) => all + each, 0);
      assert.equal(powers.length, 3);
      for (const [at, power] of powers.entries()) {
        const there = answers[file]?.[at] ?? Number.NaN;
        assert.ok(Math.abs(power / sum - there) <= tolerance, `${power / sum} here, ${there} in Keras 2`);
      }
    });
});

describe("what Keras cannot make a model of is told", () => {
  before(() => importing.train("tiny"));
  const importOf = (file: string) => importing.import(file, "--task", "bodypart", "--replace");

  test("in a line that says what to do", async () => {
    for (const [file, message] of [
      ["tiny.weights.h5", /^the file holds no model, at most its weights: .* by model\.save$/m],
      ["tiny-op.h5", /^the model has a layer .*\(SlicingOpLambda\): .*--preprocessing .*--onnx$/m],
      ["tiny-lambda.keras", /^the model has a layer .*\(Lambda\): .*--onnx$/m],
      ["tiny-custom.keras", /^the model has a layer .*\(Halved\): .*--onnx$/m],
      ["gone.keras", /^the model has a layer .*\(RandomWidth\): .*--onnx$/m],
      ["training.h5", /^the model calls base with training=True, .*save it$/m],
      [
        "partly-frozen.h5",
        /^the model has a frozen model with layers that are not \(model\) .*save it again$/m,
      ],
      ["tiny-keras2.13.keras", /^the file is of Keras before 2\.15, .* as \.h5, by model\.save$/m],
    ] as const)
      await assert.rejects(importOf(file), refused(message));
  });

  test("in no more than 500 characters a line", async () => {
    for (const [file, message] of [
      ["tiny-long.h5", /^(?=the model has a layer ).{500}…$/m],
      ["tiny-argument.h5", /^The model cannot be read: .{500}…$/m],
    ] as const)
      await assert.rejects(importOf(file), refused(message));
  });
});
