import assert from "node:assert/strict";
import { rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ProblemError } from "@osteon/shared";
import type { InferenceEngine, Model } from "../src/engine.js";
import {
  BodyPartClassifier,
  createEngine,
  examinedBones,
  FractureExaminer,
  loadBundles,
  type Manifest,
} from "../src/index.js";
import type { FractureManifest } from "../src/manifest.js";
import { ModelSet } from "../src/model-set.js";
import { readOperatingPoints } from "../src/operating-points.js";
import { bodyPartManifest, film, fractureManifest, temporaryFolder, writeBundle } from "./support/bundles.js";

/** The engine, counting the models that are loaded in it. */
class CountingEngine {
  loaded = 0;
  readonly engine: InferenceEngine;

  constructor(inner: InferenceEngine) {
    this.engine = {
      name: inner.name,
      ready: true,
      describe: () => inner.describe(),
      dispose: () => inner.dispose(),
      load: async <M extends Manifest>(bundle: Parameters<typeof inner.load<M>>[0]): Promise<Model<M>> => {
        const model = await inner.load(bundle);
        this.loaded += 1;
        return {
          bundle: model.bundle,
          run: (films) => model.run(films),
          dispose: async () => {
            await model.dispose();
            this.loaded -= 1;
          },
        };
      },
    };
  }
}

async function setUp(t: TestContext) {
  const folder = await temporaryFolder(t);
  const counting = new CountingEngine(await createEngine("onnxruntime", { threads: 2 }));
  t.after(() => counting.engine.dispose());
  return { folder, counting };
}

test("where one of several models cannot be loaded, none stays in memory", async () => {
  const disposed: string[] = [];
  const load = async ({ manifest }: { manifest: FractureManifest }) => {
    if (manifest.bone === "leg") throw new ProblemError("model-unsupported");
    return { dispose: async () => disposed.push(manifest.bone) };
  };
  const set = new ModelSet<FractureManifest>({ load } as unknown as InferenceEngine, "fracture");
  const bundles = (["elbow", "leg", "hand"] as const).map((bone) => ({ manifest: fractureManifest(bone) }));
  await assert.rejects(set.load(bundles as unknown as Parameters<typeof set.load>[0], {}), {
    code: "model-unsupported",
  });
  assert.deepEqual(disposed, ["elbow", "hand"]);
  assert.deepEqual(set.editions, []);
});

/** Another version of the elbow's model, that answers with more or less. */
function version(number: string, offset: number): FractureManifest {
  return { ...fractureManifest(), version: number, calibration: { method: "platt", scale: 1, offset } };
}

async function examinerOf(t: TestContext) {
  const { folder, counting } = await setUp(t);
  await writeBundle(folder, version("1.0.0", 0));
  await writeBundle(folder, fractureManifest("hand"));
  const examiner = await FractureExaminer.load(counting.engine, await loadBundles(folder));
  const reload = async () =>
    (await examiner.reload({ folder })).map(({ name, outcome, model, problem }) => [
      name,
      outcome,
      model?.version,
      problem?.code,
    ]);
  return { folder, counting, examiner, reload };
}

test("a new bundle replaces the old, which is freed; what has not changed stays", async (t) => {
  const { folder, counting, examiner, reload } = await examinerOf(t);
  const before = await examiner.examine("elbow", film(2));
  await writeBundle(folder, version("1.0.1", 1));
  assert.deepEqual(await reload(), [
    ["fracture-elbow", "loaded", "1.0.1", undefined],
    ["fracture-hand", "unchanged", "1.0.0", undefined],
  ]);
  const after = await examiner.examine("elbow", film(2));
  assert.equal(after.model.version, "1.0.1");
  assert.equal(after.model.digest, before.model.digest);
  assert.notEqual(after.model.manifestDigest, before.model.manifestDigest);
  assert.ok(after.fracture.probability > before.fracture.probability);
  for (let patch = 2; patch < 12; patch++) {
    await writeBundle(folder, version(`1.0.${patch}`, patch));
    await reload();
  }
  assert.equal(counting.loaded, 2);
});

test("films in hand end with the model they began with, all of one call with one", async (t) => {
  const { folder, examiner, reload } = await examinerOf(t);
  const films = Array.from({ length: 16 }, (_, seed) => ({ bone: "elbow" as const, film: film(seed) }));
  const before = await examiner.examineAll(films);
  await writeBundle(folder, version("2.0.0", 3));
  const swap = reload();
  let swapped = false;
  void swap.then(() => {
    swapped = true;
  });
  const calls: Awaited<typeof before>[] = [];
  while (!swapped) calls.push(await examiner.examineAll(films));
  calls.push(await examiner.examineAll(films));
  for (const call of calls) {
    const [edition] = call.map(({ model }) => model);
    for (const [at, { model, fracture }] of call.entries()) {
      assert.deepEqual(model, edition);
      const first = before[at]?.fracture.probability ?? 0;
      if (model.version === "1.0.0") assert.equal(fracture.probability, first);
      else assert.ok(fracture.probability > first);
    }
  }
  assert.equal(calls.at(-1)?.[0]?.model.version, "2.0.0");
});

test("a bundle that is damaged, wrong, doubled or gone is refused; the old one goes on, others are loaded", async (t) => {
  const { folder, counting, examiner, reload } = await examinerOf(t);
  const elbow = join(folder, "fracture-elbow");
  const refusals: [spoil: () => Promise<unknown>, code: string][] = [
    [() => truncate(join(elbow, "model.onnx"), 100), "bundle-damaged"],
    [() => writeFile(join(elbow, "model.json"), "{"), "bundle-damaged"],
    [() => writeBundle(folder, version("1.0.1", 0), Buffer.from("no model")), "bundle-damaged"],
    [
      () =>
        writeBundle(folder, { ...version("1.0.1", 0), warmup: { outputs: { logit: [9] }, tolerance: 1e-4 } }),
      "warmup-failed",
    ],
    [() => rename(elbow, join(folder, ".elbow")), "model-missing"],
  ];
  for (const [at, [spoil, code]] of refusals.entries()) {
    await spoil();
    await writeBundle(folder, { ...fractureManifest("hand"), version: `2.0.${at}` });
    assert.deepEqual(
      (await reload()).sort(),
      [
        ["fracture-elbow", "refused", "1.0.0", code],
        ["fracture-hand", "loaded", `2.0.${at}`, undefined],
      ],
      `spoilt ${at}`,
    );
    assert.equal((await examiner.examine("elbow", film(1))).model.version, "1.0.0");
    await rm(elbow, { recursive: true, force: true });
    await writeBundle(folder, version("1.0.0", 0));
  }
  await writeBundle(folder, { ...version("3.0.0", 0), name: "other-elbow" });
  assert.deepEqual(await reload(), [
    ["fracture-elbow", "refused", "1.0.0", "bundle-damaged"],
    ["fracture-hand", "unchanged", "2.0.4", undefined],
    ["other-elbow", "refused", undefined, "bundle-damaged"],
  ]);
  await rm(elbow, { recursive: true });
  assert.deepEqual(await reload(), [
    ["fracture-hand", "unchanged", "2.0.4", undefined],
    ["other-elbow", "loaded", "3.0.0", undefined],
  ]);
  await writeBundle(folder, fractureManifest("hip"));
  await reload();
  assert.deepEqual(examiner.bones.sort(), ["elbow", "hand", "hip"]);
  assert.equal(counting.loaded, 3);
});

test("a model whose bundle is for another bone by now goes on, and is told as gone", async (t) => {
  const { folder, counting, examiner, reload } = await examinerOf(t);
  const elbow = { ...fractureManifest("hip"), name: "fracture-elbow", version: "2.0.0" };
  await writeBundle(folder, elbow);
  for (const outcome of ["loaded", "unchanged"])
    assert.deepEqual(await reload(), [
      ["fracture-elbow", outcome, "2.0.0", undefined],
      ["fracture-hand", "unchanged", "1.0.0", undefined],
      ["fracture-elbow", "refused", "1.0.0", "model-missing"],
    ]);
  assert.equal((await examiner.examine("elbow", film(1))).model.version, "1.0.0");
  assert.equal(counting.loaded, 3);
});

test("a model whose bundle was to be for another bone, and is damaged, is told once", async (t) => {
  const { folder, reload } = await examinerOf(t);
  const elbow = { ...fractureManifest("hip"), name: "fracture-elbow", version: "2.0.0" };
  await writeBundle(folder, elbow, Buffer.from("no model"));
  assert.deepEqual(await reload(), [
    ["fracture-elbow", "refused", "1.0.0", "bundle-damaged"],
    ["fracture-hand", "unchanged", "1.0.0", undefined],
  ]);
});

test("the body-part model is replaced likewise, and does not look at fracture bundles", async (t) => {
  const { folder, counting } = await setUp(t);
  await writeBundle(folder, bodyPartManifest());
  const classifier = await BodyPartClassifier.load(counting.engine, await loadBundles(folder));
  const hand = await writeBundle(folder, fractureManifest("hand"));
  await truncate(join(hand, "model.onnx"), 10);
  await writeBundle(folder, { ...bodyPartManifest(), version: "1.1.0" });
  const reloads = await classifier.reload({ folder });
  assert.deepEqual(
    reloads.map(({ name, outcome }) => [name, outcome]),
    [["bodypart", "loaded"]],
  );
  const classified = await classifier.classifyAll([film(1), film(2)]);
  assert.deepEqual(
    classified.map(({ model }) => model.version),
    ["1.1.0", "1.1.0"],
  );
  assert.equal(counting.loaded, 1);
});

test("a film of a bone without a fracture model is of an unsupported region, until its bundle is there", async (t) => {
  const { folder, counting } = await setUp(t);
  await writeBundle(folder, bodyPartManifest());
  const load = async () =>
    BodyPartClassifier.load(
      counting.engine,
      await loadBundles(folder, "fp32", "bodypart"),
      {},
      await examinedBones(folder),
    );
  // What the model takes for an elbow: light on its upper left.
  const light = (_: unknown, at: number) => (at % 64 < 32 && at < 2048 ? 250 : 20);
  const elbow = { width: 64, height: 64, data: Uint8Array.from({ length: 4096 }, light) };
  const alone = await load();
  const unknown = await alone.classify(elbow);
  assert.deepEqual(
    [unknown.outcome, alone.unexamined],
    ["analysed", []],
    "of fracture models nothing is known",
  );

  await writeBundle(folder, fractureManifest("hand"));
  const classifier = await load();
  assert.deepEqual(classifier.unexamined, ["elbow", "shoulder", "leg", "hip"]);
  const ended = await classifier.classify(elbow);
  assert.deepEqual([ended.outcome, ended.bodyPart.label], ["unsupported-region", "elbow"]);

  const bundle = await writeBundle(folder, fractureManifest("elbow"));
  await classifier.reload({ folder });
  assert.equal((await classifier.classify(elbow)).outcome, "analysed");
  // Fracture workers go on with what they have; so do films on their way to them.
  await rm(bundle, { recursive: true });
  await classifier.reload({ folder });
  assert.equal((await classifier.classify(elbow)).outcome, "analysed");
});

test("a card that changed is shown, though the model is the same", async (t) => {
  const { folder, examiner, reload } = await examinerOf(t);
  const card = () => {
    const offered = examiner.offered().find(({ model }) => model.bone === "elbow");
    const link = offered?.card === undefined ? undefined : "/v1/models/fracture-elbow/card";
    assert.equal(offered?.model.card, link);
    return offered?.card;
  };
  assert.equal(card(), undefined);
  await writeFile(join(folder, "fracture-elbow", "CARD.md"), "# Elbow");
  assert.equal((await reload())[0]?.[1], "unchanged");
  assert.equal(card(), "# Elbow");
  await writeFile(join(folder, "fracture-elbow", "CARD.md"), "#".repeat(70_000));
  assert.deepEqual((await reload())[0], ["fracture-elbow", "refused", "1.0.0", "bundle-damaged"]);
  await rm(join(folder, "fracture-elbow", "CARD.md"));
  await symlink("/proc/self/environ", join(folder, "fracture-elbow", "CARD.md"));
  assert.equal((await reload())[0]?.[1], "unchanged");
  assert.equal(card(), undefined);
});

test("operating points replace the bundles' own, live, without loading a model", async (t) => {
  const { folder, counting } = await setUp(t);
  const points = (value: object) => writeFile(join(folder, "operating-points.json"), JSON.stringify(value));
  await writeBundle(folder, bodyPartManifest());
  await writeBundle(folder, fractureManifest());
  await points({ minimumProbability: 1, thresholds: { elbow: { specific: 0.9 } } });
  const source = { folder };
  const [bundles, given] = [await loadBundles(folder), await readOperatingPoints(source)];
  const classifier = await BodyPartClassifier.load(counting.engine, bundles, given);
  const examiner = await FractureExaminer.load(counting.engine, bundles, given);
  const { outcome, model } = await classifier.classify(film(1));
  assert.deepEqual([outcome, model.minimumProbability], ["not-identified", 1]);
  const inForce = async () => (await examiner.examine("elbow", film(1))).model.thresholds;
  assert.deepEqual(await inForce(), { sensitive: 0.1, balanced: 0.4, specific: 0.9 });
  assert.equal(examiner.offered()[0]?.model.operatingPointsFrom, "configuration");

  await points({ thresholds: { elbow: { sensitive: 0, balanced: 0, specific: 0 } } });
  assert.equal((await examiner.reload(source))[0]?.outcome, "loaded");
  const { fracture } = await examiner.examine("elbow", film(1));
  assert.deepEqual([fracture.label, fracture.certainty], ["fractured", "positive"]);

  await points({ thresholds: { elbow: { sensitive: 0.5 } } });
  assert.equal((await examiner.reload(source))[0]?.problem?.code, "config-invalid");
  assert.deepEqual(await inForce(), { sensitive: 0, balanced: 0, specific: 0 });

  await rm(join(folder, "operating-points.json"));
  assert.equal((await examiner.reload(source))[0]?.outcome, "loaded");
  assert.deepEqual(await inForce(), fractureManifest().thresholds);
  assert.equal(examiner.offered()[0]?.model.operatingPointsFrom, "bundle");
  assert.equal(counting.loaded, 2);
});

test("a reload on operating points that are wrong for a bundle of another task is refused too", async (t) => {
  const { folder, counting } = await setUp(t);
  await writeBundle(folder, bodyPartManifest());
  await writeBundle(folder, fractureManifest("hand"));
  const classifier = await BodyPartClassifier.load(counting.engine, await loadBundles(folder));
  const before = classifier.offered();
  const points = { minimumProbability: 0.9, thresholds: { hand: { sensitive: 0.9 } } };
  await writeFile(join(folder, "operating-points.json"), JSON.stringify(points));
  const [reload, ...more] = await classifier.reload({ folder });
  assert.deepEqual(
    [reload?.name, reload?.outcome, reload?.problem?.code, more],
    ["bodypart", "refused", "config-invalid", []],
  );
  assert.deepEqual(classifier.offered(), before);
});

test("wrong operating points are refused at the start, with every fault", async (t) => {
  const { folder, counting } = await setUp(t);
  const file = join(folder, "points");
  const faults = async (text: string | undefined) => {
    if (text !== undefined) await writeFile(file, text);
    return readOperatingPoints({ folder, operatingPoints: file }).then(
      () => assert.fail("they were taken"),
      (error) => {
        assert.ok(error instanceof ProblemError && error.code === "config-invalid");
        return error.detail.split("\n");
      },
    );
  };
  assert.match((await faults(undefined))[0] ?? "", /^OPERATING_POINTS cannot be read \(ENOENT\)$/);
  assert.match((await faults("{"))[0] ?? "", /no JSON/);
  const many = await faults(
    '{"minimumProbability": 2, "thresholds": {"elbow": {"balanced": "half"}}, "more": 1}',
  );
  for (const where of ["/minimumProbability", "/thresholds/elbow/balanced", "/ must not have more"])
    assert.ok(
      many.some((line) => line.includes(where)),
      `${where}: ${many.join("\n")}`,
    );
  assert.deepEqual(await faults('{"thresholds": {"wrist": {"balanced": 0.4}}}'), [
    "OPERATING_POINTS /thresholds must not have wrist",
  ]);
  await writeBundle(folder, fractureManifest("elbow"));
  await writeBundle(folder, fractureManifest("leg"));
  const thresholds = { elbow: { specific: 0.2 }, leg: { sensitive: 0.9 } };
  await assert.rejects(
    FractureExaminer.load(counting.engine, await loadBundles(folder), { thresholds }),
    (error) => error instanceof ProblemError && /elbow[\s\S]*leg/.test(error.detail),
  );
  assert.equal(counting.loaded, 0);
});
