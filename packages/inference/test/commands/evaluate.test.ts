import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { encodeFilm } from "@osteon/imaging";
import {
  bodyPartManifest,
  film,
  fractureManifest,
  temporaryFolder,
  writeBundle,
} from "../support/bundles.js";
import { models } from "../support/models.js";

interface Row {
  model: string;
  metric: string;
  films: number;
}

/** Four films of the elbow, half of them fractured, and one of the knee. */
async function labelled(t: TestContext, { mark = "", label = "1" } = {}) {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, "images"));
  const rows = ["0,elbow", `${label},elbow`, "1,elbow", "0,elbow", "0,knee"];
  for (const at of rows.keys())
    await writeFile(join(folder, "images", `${at}.png`), encodeFilm(film(at, 240, 300)));
  const lines = rows.map((row, at) => `${at}.png,test,${row}`);
  await writeFile(
    join(folder, "annotations.csv"),
    [`${mark}file,split,fractured,region`, ...lines].join("\r\n"),
  );
  const bundles = join(folder, "models");
  const evaluate = async (...args: string[]) => {
    const { code, printed, told } = await models([
      "evaluate",
      "--models",
      bundles,
      "--data",
      folder,
      "--json",
      ...args,
    ]);
    const measured = printed === "" ? [] : (JSON.parse(printed) as Row[]);
    return { code, told, measured: measured.map(({ model, metric, films }) => [model, metric, films]) };
  };
  return { bundles, evaluate };
}

const part = [
  ["bodypart", "accuracy", 4],
  ["bodypart", "accuracyOrigin", 4],
];
const elbow = ["auroc", "sensitivity", "specificity", "calibrationError"].map((metric) => [
  "fracture-elbow",
  metric,
  4,
]);

test("what is there is measured: both tasks, or one", async (t) => {
  const { bundles, evaluate } = await labelled(t, { mark: "\uFEFF" });
  await writeBundle(bundles, fractureManifest("elbow"));
  await writeBundle(bundles, fractureManifest("hip"));
  const fractureOnly = await evaluate();
  assert.deepEqual([fractureOnly.code, fractureOnly.told], [0, ""]);
  assert.deepEqual(fractureOnly.measured, elbow, "of the hip there is no film");
  await writeBundle(bundles, bodyPartManifest());
  assert.deepEqual((await evaluate()).measured, [...part, ...elbow]);
});

test("the body part alone", async (t) => {
  const { bundles, evaluate } = await labelled(t);
  await writeBundle(bundles, bodyPartManifest());
  assert.deepEqual((await evaluate()).measured, part);
});

test("labels that nobody knows are told, in place of numbers of nothing", async (t) => {
  const { bundles, evaluate } = await labelled(t);
  await writeBundle(bundles, fractureManifest("hip"));
  const none = await evaluate();
  assert.deepEqual([none.code, none.measured], [1, []]);
  assert.match(none.told, /^validation-failed: No film .*\(hip\); the films' regions are: elbow, knee\./);
  assert.match((await evaluate("--split", "val")).told, /no film of the split "val"; its splits are: test/);
  const yes = await labelled(t, { label: "yes" });
  await writeBundle(yes.bundles, fractureManifest("elbow"));
  const { code, told } = await yes.evaluate();
  assert.equal(code, 1);
  assert.match(told, /fractured of 1\.png must be 0 or 1, not "yes"/);
});
