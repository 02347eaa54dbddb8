import assert from "node:assert/strict";
import { mkdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { repoRoot } from "@osteon/shared/command-line";
import { bodyPartManifest, fractureManifest, temporaryFolder, writeBundle } from "../support/bundles.js";
import { models } from "../support/models.js";

test("help is printed, of all or of one command; what is not understood is told with the usage: code 2", async () => {
  const all = await models(["--help"]);
  assert.deepEqual([all.code, all.told], [0, ""]);
  for (const command of ["list", "validate", "evaluate", "import", "--help", "--precision"])
    assert.ok(all.printed.includes(command), command);
  const one = await models(["import", "--keras", "x.h5", "-h"]);
  assert.deepEqual([one.code, one.told], [0, ""]);
  assert.match(one.printed, /--keras FILE/);
  assert.doesNotMatch(one.printed, /list {4}/);
  const slips = [[], ["dance"], ["list", "--dance"], ["list", "more"], ["list", "--engine", "x"]];
  for (const args of [...slips, ["validate", "--precision", "fp16"]]) {
    const { code, printed, told } = await models(args);
    assert.deepEqual([args, code, printed], [args, 2, ""]);
    assert.match(told, /^\S.*\n\nnpm run models -- COMMAND/s);
  }
});

test("a file to import that cannot be read is told before Keras is set up for it", async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, "none.h5");
  const args = ["--task", "bodypart", "--preprocessing", "raw", "--models", join(folder, "models")];
  const { code, told } = await models(["import", "--keras", file, ...args]);
  assert.deepEqual([code, told], [1, `${file} cannot be read.`]);
});

test("classes and thresholds that no bundle can have are told before anything is made of the model", async () => {
  for (const [said, ...slip] of [
    [/^--classes must have one of elbow, /, "bodypart", "--classes", "elbows,hands,shoulders"],
    [/^--classes must be different names/, "bodypart", "--classes", "hand,hand,shoulder"],
    [/^--thresholds must be three/, "fracture", "--bone", "hand", "--thresholds", "0.1,0.3,0.5,0.9"],
    [/^--thresholds must not fall/, "fracture", "--bone", "hand", "--thresholds", "0.9,0.5,0.1"],
  ] as const) {
    const { code, told } = await models(["import", "--onnx", "none.onnx", "--task", ...slip]);
    assert.equal(code, 2);
    assert.match(told, said);
  }
});

test("a folder without bundles is refused by code, and one that is a bundle told as that", async (t) => {
  const folder = await temporaryFolder(t);
  const bundle = await writeBundle(folder, bodyPartManifest());
  await mkdir(join(folder, "empty"));
  for (const command of ["list", "validate", "evaluate"]) {
    const none = await models([command, "--models", join(folder, "empty")]);
    assert.deepEqual([none.code, none.printed], [1, ""]);
    assert.match(none.told, /^model-missing: \S+empty has no bundle/);
    assert.match((await models([command, "--models", bundle])).told, /^model-missing: .* bundle itself/);
  }
});

test("one damaged bundle hides no other", async (t) => {
  const folder = await temporaryFolder(t);
  await writeBundle(folder, bodyPartManifest());
  const elbow = await writeBundle(folder, fractureManifest("elbow"));
  const hand = await writeBundle(folder, fractureManifest("hand"));
  await writeFile(join(elbow, "model.json"), "{");
  await truncate(join(hand, "model.onnx"), 10);

  const list = await models(["list", "--models", folder]);
  assert.equal(list.code, 1);
  assert.match(list.printed, /bodypart[\s\S]*accuracy 0\.9[\s\S]*fracture-hand/);
  assert.match(list.told, /^bundle-damaged: fracture-elbow: /);
  const rows = JSON.parse((await models(["list", "--models", folder, "--json"])).printed);
  assert.deepEqual(
    rows.map(({ name, problem }: { name: string; problem?: { code: string } }) => [name, problem?.code]),
    [
      ["bodypart", undefined],
      ["fracture-elbow", "bundle-damaged"],
      ["fracture-hand", undefined],
    ],
  );
  const validate = await models(["validate", "--models", folder]);
  assert.equal(validate.code, 1);
  assert.match(
    validate.printed,
    /^bodypart 1\.0\.0: valid, and answers its warm-up film right by model\.onnx$/,
  );
  assert.match(
    validate.told,
    /bundle-damaged: fracture-elbow: [\s\S]*bundle-damaged: fracture-hand: .*10 bytes/,
  );
});

test("validate finds what workers would refuse: the int8 model, operating points, tasks that are missing", async (t) => {
  const folder = await temporaryFolder(t);
  const part = bodyPartManifest();
  const wrong = { warmup: { outputs: { logits: part.classes.map(() => 9) }, tolerance: 0.1 } };
  await writeBundle(folder, { ...part, int8: wrong });
  await writeFile(join(folder, "operating-points.json"), '{"minimumProbability": 2}');
  const { code, printed, told } = await models(["validate", "--models", folder, "--json"]);
  assert.deepEqual([code, told], [1, ""]);
  const found = JSON.parse(printed);
  assert.deepEqual([found.valid, found.bundles[0].valid], [false, ["model.onnx"]]);
  assert.equal(found.bundles[0].problems[0].code, "warmup-failed");
  assert.match(found.bundles[0].problems[0].detail, /\(model\.int8\.onnx\)$/);
  assert.deepEqual(
    found.faults.map((fault: { code: string }) => fault.code),
    ["config-invalid", "model-missing"],
  );
  assert.match(found.faults[1].detail, /task fracture/);
  assert.equal((await models(["validate", "--models", folder, "--precision", "fp32", "--json"])).code, 1);

  // As the environment of the workers names them, from where the user stands.
  await writeFile(join(folder, "points.json"), '{"minimumProbability": 0.5}');
  await writeBundle(folder, part);
  for (const bone of ["elbow", "hand", "shoulder", "leg"] as const)
    await writeBundle(folder, fractureManifest(bone));
  const user = {
    INIT_CWD: folder,
    npm_package_json: join(repoRoot, "package.json"),
    OPERATING_POINTS: "points.json",
  };
  const good = await models(["validate", "--models", "."], user);
  assert.equal(good.code, 0, good.told);
  assert.equal(good.told, "No fracture bundle is for the hip: its films end as unsupported-region.");
});
