import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { reloadModels } from "../support/editions.js";
import { filmBytes, testFilms } from "../support/films.js";
import { ModelsFolder } from "../support/models-folder.js";
import { startTestSystem, type TestSystem } from "../support/system.js";

const films = testFilms(1, "elbow").map(({ file }) => ({ name: file, bytes: filmBytes(file) }));

let models: ModelsFolder;
let system: TestSystem;
before(async () => {
  models = await ModelsFolder.make();
  await rm(path.join(models.path, "fracture-elbow"), { recursive: true });
  system = await startTestSystem({ modelsDir: models.path, env: { INFERENCE_THREADS: "1" } });
});
after(async () => {
  await system?.stop();
  await models?.remove();
});

test("a film of a bone without a fracture bundle is answered at once, and examined once the bundle is there", async () => {
  const examine = async () => {
    const { body } = await system.client.submit(films);
    return system.client.ended(body.id);
  };
  const without = await examine();
  assert.deepEqual(
    [without.status, without.outcome, without.bodyPart?.label, without.fracture],
    ["completed", "unsupported-region", "elbow", undefined],
  );
  await models.restore("fracture-elbow");
  await reloadModels(system);
  const found = await examine();
  assert.equal(found.outcome, "analysed", JSON.stringify(found.error));
  assert.ok(found.fracture);
});
