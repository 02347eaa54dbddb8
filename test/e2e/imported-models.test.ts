import assert from "node:assert/strict";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { encodeFilm, normalise } from "@osteon/imaging";
import {
  BodyPartClassifier,
  createEngine,
  type EngineName,
  engineNames,
  loadBundles,
} from "@osteon/inference";
import type { LoadedModel } from "@osteon/shared";
import { Client } from "../support/client.js";
import { filmBytes, testFilms } from "../support/films.js";
import { Importing } from "../support/importing.js";
import { startTestSystem, type TestSystem } from "../support/system.js";

const films = testFilms(3, "hand").map(({ file }) => ({ name: file, bytes: filmBytes(file) }));

let importing: Importing;
before(async () => {
  importing = await Importing.make();
  // The first import sets its environment up, which makes the models too.
  await importing.import("none.h5", "--task", "bodypart").catch(() => {});
  await importing.train("tiny");
  await importing.import("tiny-fracture.h5", "--task", "fracture", "--bone", "hand");
  await importing.import("tiny.keras", "--task", "bodypart", "--minimum-probability", "0");
  await nameHand();
});
after(() => importing?.remove());

/** With weights by chance, a film is of any class: the one that the first film gets is called the hand. */
async function nameHand(): Promise<void> {
  const [film] = films;
  const { bodyPart } = await loadBundles(importing.models);
  assert.ok(film && bodyPart);
  const engine = await createEngine("onnxruntime", { threads: 1 });
  const classifier = await BodyPartClassifier.load(engine, { bodyPart, fractures: new Map() });
  const { label } = (await classifier.classify(await normalise(film.bytes))).bodyPart;
  await engine.dispose();
  const others = ["skull", "chest"];
  const classes = bodyPart.manifest.classes.map((each) => (each === label ? "hand" : others.pop()));
  const decision = { ...bodyPart.manifest.decision, supported: ["hand"], unsupported: ["skull", "chest"] };
  const file = path.join(importing.models, "bodypart/model.json");
  const manifest = JSON.parse(await readFile(file, "utf8")) as object;
  await writeFile(file, JSON.stringify({ ...manifest, classes, decision }));
}

test("a model that resizes by weights is proved on a tall film, which Pillow by itself resizes in another order", async (t) => {
  const own = await Importing.make();
  t.after(() => own.remove());
  const tiny = new URL("../../../packages/inference/test/fixtures/bodypart.onnx", import.meta.url);
  await copyFile(tiny, path.join(own.folder, "tiny.onnx"));
  const folder = path.join(own.folder, "films");
  await mkdir(folder);
  const [width, height] = [260, 900];
  const noise = Uint8Array.from({ length: width * height }, (_, at) => 255 * Math.abs(Math.sin(at * at)));
  await writeFile(path.join(folder, "tall.png"), encodeFilm({ width, height, data: noise }));
  const classes = ["--task", "bodypart", "--classes", "elbow,hand,shoulder,leg,hip,other,none"];
  const how = ["--ends-in", "logits", "--preprocessing", "raw", "--interpolation", "bilinear"];
  for (const fit of ["stretch", "letterbox"]) {
    const said = await own.import(
      "tiny.onnx",
      ...classes,
      ...how,
      "--fit",
      fit,
      "--films",
      folder,
      "--replace",
    );
    assert.match(said, /Parity: 100 films/);
  }
});

for (const engine of engineNames) serves(engine);

function serves(engine: EngineName): void {
  describe(`imported models serve on ${engine}`, () => {
    let system: TestSystem;
    before(async () => {
      system = await startTestSystem({
        modelsDir: importing.models,
        env: { INFERENCE_THREADS: "1", INFERENCE_ENGINE: engine },
      });
    });
    after(() => system?.stop());

    test("a film gets its answer, without regions, and its heat map is refused by a code", async () => {
      const { body: offered } = await system.client.request<{ data: LoadedModel[] }>("/v1/models");
      assert.deepEqual(
        offered.data.map(({ name, engine: by, metrics }) => [name, by, metrics.films]).sort(),
        [
          ["bodypart", engine, 0],
          ["fracture-hand", engine, 0],
        ],
      );
      const { body } = await system.client.submit(films);
      const analysis = await system.client.ended(body.id);
      assert.equal(analysis.status, "completed", JSON.stringify(analysis.error));
      assert.equal(analysis.films[0]?.outcome, "analysed");
      for (const film of analysis.films) {
        const { label } = film.bodyPart ?? {};
        assert.equal(film.outcome, label === "hand" ? "analysed" : "unsupported-region");
        assert.equal(film.fracture === undefined, label !== "hand");
        assert.ok(!("regions" in (film.fracture ?? {})));
        const heatmap = await system.client.request(
          `/v1/analyses/${analysis.id}/films/${film.index}/heatmap.png`,
        );
        Client.refused(heatmap, 404, "no-heatmap");
      }
    });

    test("the origin's client gets its answer too", async () => {
      const [film] = films;
      assert.ok(film);
      const form = new FormData();
      form.append("file", new Blob([new Uint8Array(film.bytes)]), "hand.jpg");
      const upload = await fetch(`${system.running.url}/upload`, { method: "POST", body: form });
      const { filename } = (await upload.json()) as { filename: string };
      const predicted = await fetch(`${system.running.url}/predict`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ filename }),
      });
      const answer = (await predicted.json()) as { bone_type: string; result: string };
      assert.equal(predicted.status, 200, JSON.stringify(answer));
      assert.equal(answer.bone_type, "Hand");
      assert.match(answer.result, /^(fractured|normal)$/);
    });
  });
}
