import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { normalise } from "@osteon/imaging";
import { createEngine, FractureExaminer, loadBundles } from "@osteon/inference";
import type { Analysis, LoadedModel } from "@osteon/shared";
import { assertUniform, loadedModels, reloadModels } from "../support/editions.js";
import { filmBytes, testFilms } from "../support/films.js";
import { ModelsFolder } from "../support/models-folder.js";
import { startTestSystem, type TestSystem } from "../support/system.js";

const hands = testFilms(4, "hand").map(({ file }) => ({ name: file, bytes: filmBytes(file) }));

let models: ModelsFolder;
let system: TestSystem;
before(async () => {
  models = await ModelsFolder.make();
  system = await startTestSystem({
    modelsDir: models.path,
    env: { INFERENCE_ENGINE: "tfjs-node", INFERENCE_THREADS: "1" },
  });
});
after(async () => {
  await system?.stop();
  await models?.remove();
});

async function examine(films = hands): Promise<Analysis> {
  const { status, body } = await system.client.submit(films);
  assert.equal(status, 202);
  return system.client.ended(body.id);
}

/** Pids of the inference processes of the fracture worker. */
async function inferencePids(): Promise<number[]> {
  const pid = system.running.named("fracture-worker")[0]?.pid;
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return children.trim().split(" ").filter(Boolean).map(Number);
}

describe("the whole system on tfjs-node", () => {
  test("says which engine it runs", async () => {
    const { body } = await system.client.request<{ data: LoadedModel[] }>("/v1/models");
    assert.equal(body.data.length, 6);
    for (const { engine } of body.data) assert.equal(engine, "tfjs-node");
  });

  test("a film gets the answer that ONNX Runtime gives, with regions and heat map", async () => {
    const [hand] = hands;
    assert.ok(hand);
    const analysis = await examine([hand]);
    assertUniform(analysis);
    const [film] = analysis.films;
    const engine = await createEngine("onnxruntime", { threads: 1 });
    try {
      const examiner = await FractureExaminer.load(engine, await loadBundles(models.path));
      const { fracture } = await examiner.examine("hand", await normalise(hand.bytes));
      assert.ok(Math.abs(fracture.probability - (film?.fracture?.probability ?? Number.NaN)) <= 1e-4);
      assert.equal(film?.fracture?.label, fracture.label);
      assert.equal(film?.fracture?.regions?.length, fracture.regions?.length);
    } finally {
      await engine.dispose();
    }
    const heatmap = await system.client.request(`/v1/analyses/${analysis.id}/films/0/heatmap.png`);
    assert.equal(heatmap.status, 200);
  });

  test("its processes are killed while films are examined: every analysis still completes", async () => {
    const ends = Array.from({ length: 6 }, () => examine());
    const killed = new Set<number>();
    for (const end of ends) {
      for (const pid of await inferencePids()) {
        if (killed.has(pid)) continue;
        process.kill(pid, "SIGKILL");
        killed.add(pid);
      }
      assertUniform(await end);
    }
    assert.ok(killed.size > 0);
    // The last one may have died with nothing in hand.
    assertUniform(await examine());
  });

  test("models are replaced under load: no film fails, no analysis mixes editions", async () => {
    let swapping = true;
    const ends: Analysis[] = [];
    const load = Array.from({ length: 2 }, async () => {
      while (swapping) ends.push(await examine());
    });
    for (let generation = 1; generation <= 3; generation++) {
      await models.tune(generation, "bodypart", "fracture-hand");
      const workers = await reloadModels(system);
      const changed = workers.flatMap((worker) =>
        worker.models
          .filter(({ outcome }) => outcome !== "unchanged")
          .map(({ name, outcome, problem }) => [name, outcome, problem?.detail]),
      );
      assert.deepEqual(changed.sort(), [
        ["bodypart", "loaded", undefined],
        ["fracture-hand", "loaded", undefined],
      ]);
      assert.deepEqual(
        (await loadedModels(system, "fracture-hand")).map(({ version }) => version),
        [`9.0.${generation}`],
      );
    }
    swapping = false;
    await Promise.all(load);
    assert.ok(ends.length > 0);
    for (const analysis of ends) assertUniform(analysis);

    await models.halve("fracture-hand");
    const refusals = (await reloadModels(system)).flatMap((worker) =>
      worker.models.filter(({ outcome }) => outcome === "refused"),
    );
    assert.deepEqual(
      refusals.map(({ name, problem }) => [name, problem?.code]),
      [["fracture-hand", "bundle-damaged"]],
    );
    assertUniform(await examine());
  });
});
