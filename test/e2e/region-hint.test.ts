import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { filmBytes, testFilms } from "../support/films.js";
import { ModelsFolder } from "../support/models-folder.js";
import { startTestSystem, type TestSystem } from "../support/system.js";

const films = testFilms(1, "hand").map(({ file }) => ({ name: file, bytes: filmBytes(file) }));

let models: ModelsFolder;
let system: TestSystem;
before(async () => {
  models = await ModelsFolder.make();
  // A floor that no film reaches: without a hint, none is identified.
  await models.write("operating-points.json", JSON.stringify({ minimumProbability: 1 }));
  system = await startTestSystem({ modelsDir: models.path, env: { INFERENCE_THREADS: "1" } });
});
after(async () => {
  await system?.stop();
  await models?.remove();
});

test("a hint lets a film under the model's floor be examined where it looks most like the hinted region", async () => {
  const examine = async (fields: Record<string, string>) => {
    const { status, body } = await system.client.submit(films, fields);
    assert.equal(status, 202);
    return system.client.ended(body.id);
  };
  const [plain, right, wrong] = await Promise.all([
    examine({}),
    examine({ regionHint: "hand" }),
    examine({ regionHint: "elbow" }),
  ]);
  assert.deepEqual(
    [plain, right, wrong].map(({ outcome }) => outcome),
    ["not-identified", "analysed", "not-identified"],
  );
  assert.ok(right.fracture);
  assert.equal(right.bodyPart?.label, "hand");
  assert.deepEqual(right.films[0]?.bodyPart, plain.films[0]?.bodyPart);
});
