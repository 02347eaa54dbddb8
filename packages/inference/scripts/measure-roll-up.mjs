// Measures how the probabilities of an exam's views become the exam's: `node packages/inference/scripts/measure-roll-up.mjs`.
// The data has no exams. Two neighbouring ids of one region are nearly always one patient's views, so they stand for one here;
// it is fractured where either film is. The weight is chosen on `val` and reported on `test`.
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { normalise } from "../../imaging/dist/src/index.js";
import { createEngine, FractureExaminer, loadBundles } from "../dist/src/index.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const data = join(root, "../shared/data/fracatlas");
const bones = ["elbow", "hand", "shoulder", "leg", "hip"];

const engine = await createEngine("onnxruntime");
const examiner = await FractureExaminer.load(engine, await loadBundles(join(root, "models")));
const exams = { val: await examsOf("val"), test: await examsOf("test") };
await examiner.dispose();
await engine.dispose();

const logit = (p) => Math.log(p / (1 - p));
const sigmoid = (x) => 1 / (1 + Math.exp(-x));
/** Between the mean of the views' logits (0) and the greatest of them (1). */
const between = (weight) => (ps) => {
  const logits = ps.map(logit);
  const mean = logits.reduce((a, b) => a + b, 0) / logits.length;
  return sigmoid(mean + weight * (Math.max(...logits) - mean));
};
const rules = {
  greatest: between(1),
  independent: (ps) => 1 - ps.reduce((all, p) => all * (1 - p), 1),
  mean: between(0),
};
const weights = Array.from({ length: 21 }, (_, at) => at / 20);
const best = weights.reduce((a, b) => (loss(exams.val, between(b)) < loss(exams.val, between(a)) ? b : a));
console.log(`weight chosen on val: ${best}`);
console.table(
  Object.entries({ ...rules, [`weight ${best}`]: between(best) }).flatMap(([rule, of]) =>
    Object.entries(exams).map(([split, found]) => ({
      rule,
      split,
      exams: found.length,
      fractured: found.filter((exam) => exam.truth).length,
      logLoss: loss(found, of).toFixed(4),
      meanProbability: (found.reduce((sum, { ps }) => sum + of(ps), 0) / found.length).toFixed(3),
      rate: (found.filter((exam) => exam.truth).length / found.length).toFixed(3),
    })),
  ),
);

function loss(found, of) {
  const each = found.map(({ ps, truth }) => {
    const p = Math.min(1 - 1e-6, Math.max(1e-6, of(ps)));
    return -Math.log(truth ? p : 1 - p);
  });
  return each.reduce((a, b) => a + b, 0) / each.length;
}

async function examsOf(split) {
  const films = readFileSync(join(data, "annotations.csv"), "utf8")
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split(","))
    .map(([file, of, region, , , , fractured]) => ({
      file,
      of,
      region,
      fractured: fractured === "1",
      id: Number(file.slice(3, 10)),
    }))
    .filter((film) => film.of === split && bones.includes(film.region));
  const pairs = [];
  for (let at = 0; at + 1 < films.length; at += 1) {
    const [one, two] = [films[at], films[at + 1]];
    if (one.region !== two.region || two.id !== one.id + 1) continue;
    pairs.push([one, two]);
    at += 1;
  }
  return Promise.all(
    pairs.map(async (pair) => ({
      truth: pair.some((film) => film.fractured),
      ps: await Promise.all(
        pair.map(async ({ file, region }) => {
          const { fracture } = await examiner.examine(
            region,
            await normalise(await readFile(join(data, "images", file))),
          );
          return fracture.probability;
        }),
      ),
    })),
  );
}
