import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type NormalisedFilm, normalise } from "@osteon/imaging";
import {
  BodyPartClassifier,
  createEngine,
  type EngineName,
  engineNames,
  FractureExaminer,
  loadBundles,
} from "@osteon/inference";
import { type Bone, bones } from "@osteon/shared";
import { annotations, filmBytes } from "../support/films.js";

const models = fileURLToPath(new URL("../../../models/", import.meta.url));
const films = 200;

/** Probabilities of a film, by what they are of. */
type Probabilities = Record<string, number>;

interface Reader {
  read(film: NormalisedFilm, bone: Bone): Promise<Probabilities>;
  dispose(): Promise<void>;
}

async function readerWith(name: EngineName): Promise<Reader> {
  const engine = await createEngine(name, { threads: 1 });
  const bundles = await loadBundles(models);
  const [classifier, examiner] = [
    await BodyPartClassifier.load(engine, bundles),
    await FractureExaminer.load(engine, bundles),
  ];
  return {
    read: async (film, bone) => {
      const [part, { fracture, heatmap }] = await Promise.all([
        classifier.classify(film),
        examiner.examine(bone, film),
      ]);
      const heat = heatmap === undefined ? 0 : Math.max(...heatmap.data);
      return { ...part.bodyPart.probabilities, fracture: fracture.probability, heat };
    },
    dispose: () => engine.dispose(),
  };
}

test(`every engine gives the same probabilities on ${films} real films of all regions`, async (t) => {
  assert.ok(engineNames.length > 1);
  const readers = await Promise.all(engineNames.map(readerWith));
  t.after(() => Promise.all(readers.map((reader) => reader.dispose())));
  // Spread over the whole of the data, films of other regions too: those are shown to each bone in turn.
  const chosen = Array.from(
    { length: films },
    (_, at) => annotations[Math.floor((at * annotations.length) / films)],
  );
  let furthest = 0;
  const regions = new Set<string>();
  for (const [at, annotation] of chosen.entries()) {
    assert.ok(annotation);
    const { file, region } = annotation;
    regions.add(region);
    const film = await normalise(filmBytes(file));
    const bone = bones.find((each) => each === region) ?? bones[at % bones.length] ?? "hand";
    const [first, ...others] = await Promise.all(readers.map((reader) => reader.read(film, bone)));
    for (const other of others) {
      assert.deepEqual(Object.keys(other), Object.keys(first ?? {}));
      for (const [of, probability] of Object.entries(other)) {
        const distance = Math.abs(probability - (first?.[of] ?? Number.NaN));
        assert.ok(distance <= 1e-4, `${file}: ${of} is ${first?.[of]} and ${probability}`);
        furthest = Math.max(furthest, distance);
      }
    }
  }
  assert.ok(bones.every((bone) => regions.has(bone)));
  t.diagnostic(`furthest apart: ${furthest.toExponential(1)}`);
});
