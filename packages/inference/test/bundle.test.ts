import assert from "node:assert/strict";
import { symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { ProblemError } from "@osteon/shared";
import { surveyBundles } from "../src/bundle.js";
import { loadBundles } from "../src/index.js";
import { bodyPartManifest, fractureManifest, temporaryFolder, writeBundle } from "./support/bundles.js";

test("a damaged bundle of another task keeps no worker from its start; one whose task nobody can read does", async (t) => {
  const folder = await temporaryFolder(t);
  await writeBundle(folder, bodyPartManifest());
  const elbow = await writeBundle(folder, fractureManifest("elbow"));
  await truncate(join(elbow, "model.onnx"), 10);
  const { bodyPart, fractures } = await loadBundles(folder, "fp32", "bodypart");
  assert.deepEqual([bodyPart?.manifest.name, fractures.size], ["bodypart", 0]);
  const damaged = (error: unknown) => error instanceof ProblemError && error.code === "bundle-damaged";
  await assert.rejects(loadBundles(folder, "fp32", "fracture"), damaged);
  await writeFile(join(elbow, "model.json"), "{");
  await assert.rejects(loadBundles(folder, "fp32", "bodypart"), damaged);
});

test("a folder without bundles, or that is one, is told as that", async (t) => {
  const folder = await temporaryFolder(t);
  const missing = (words: RegExp) => (error: unknown) =>
    error instanceof ProblemError && error.code === "model-missing" && words.test(error.detail);
  await assert.rejects(loadBundles(folder), missing(/has no bundle/));
  const bundle = await writeBundle(folder, bodyPartManifest());
  await assert.rejects(loadBundles(bundle), missing(/is a bundle itself: name the folder that it is in/));
});

test("a folder that cannot be read is a damaged bundle; a file, and what is no bundle's name, are none", async (t) => {
  const folder = await temporaryFolder(t);
  await writeBundle(folder, bodyPartManifest());
  await writeFile(join(folder, "notes"), "");
  await symlink("nowhere", join(folder, "lost+found"));
  assert.deepEqual(
    (await surveyBundles(folder)).map(({ name }) => name),
    ["bodypart"],
  );
  await symlink("nowhere", join(folder, "fracture-hand"));
  const [, hand, ...more] = await surveyBundles(folder);
  assert.deepEqual(
    [hand?.name, hand?.problem?.code, hand?.problem?.detail, more],
    ["fracture-hand", "bundle-damaged", "fracture-hand: cannot be read (ENOENT)", []],
  );
  await assert.rejects(loadBundles(folder), /fracture-hand: cannot be read/);
});
