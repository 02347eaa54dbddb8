import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { UsageError } from "@osteon/shared/command-line";
import { findFilms, truthOf } from "../../src/analyze/films.js";
import { temporary } from "../support/temporary.js";

function fill(dir: string, names: string[]): void {
  for (const name of names) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), "x");
  }
}

test("folders are walked, with names of any kind, in the order of people", async (t) => {
  const dir = temporary(t);
  fill(dir, [
    "film 10.jpg",
    "film 2.JPG",
    "Röntgen/手.png",
    "Röntgen/deep/er/x.tiff",
    ".hidden/a.jpg",
    ".b.png",
    "notes.txt",
  ]);
  const { films, skipped } = await findFilms(["."], dir);
  assert.deepEqual(
    films.map((film) => film.shown),
    ["film 2.JPG", "film 10.jpg", "Röntgen/deep/er/x.tiff", "Röntgen/手.png"],
  );
  assert.deepEqual(skipped, ["notes.txt"]);
});

test("a file that is named is taken whatever its name, and once", async (t) => {
  const dir = temporary(t);
  fill(dir, ["a/film", "a/b.jpg"]);
  const { films } = await findFilms(["a/film", "a/b.jpg", "a", "./a/film"], dir);
  assert.deepEqual(
    films.map((film) => film.shown),
    ["a/film", "a/b.jpg"],
  );
});

test("a folder that cannot be read is left out, and ends nothing", async (t) => {
  const dir = temporary(t);
  fill(dir, ["a.jpg", "locked/b.jpg"]);
  // Rights would not keep root out.
  const { readdir } = fs;
  const locked = t.mock.method(fs, "readdir", async (folder: string) => {
    if (folder.endsWith("locked")) throw Object.assign(new Error("EACCES"), { code: "EACCES" });
    return readdir(folder);
  });
  syncBuiltinESMExports();
  t.after(() => {
    locked.mock.restore();
    syncBuiltinESMExports();
  });
  const { films, skipped } = await findFilms(["."], dir);
  assert.deepEqual([films.map((film) => film.shown), skipped], [["a.jpg"], ["locked"]]);
});

test("links that lead in a circle end", async (t) => {
  const dir = temporary(t);
  fill(dir, ["a/b.jpg"]);
  symlinkSync(dir, join(dir, "a", "up"));
  assert.equal((await findFilms(["."], dir)).films.length, 1);
});

test("a path that is not there and a folder without films are the user's slip", async (t) => {
  const dir = temporary(t);
  fill(dir, ["a/notes.txt"]);
  await assert.rejects(findFilms(["nowhere"], dir), UsageError);
  await assert.rejects(findFilms(["a"], dir), UsageError);
});

test("the folders tell what a film shows", () => {
  const elbow = { part: "elbow", label: "fractured" };
  assert.deepEqual(truthOf("/data/Elbow/fractured/a.jpg"), elbow);
  assert.deepEqual(truthOf("/data/ELBOW/Fractured/patient 7/a.jpg"), elbow);
  assert.deepEqual(truthOf("/hand/normal/elbow/fractured/a.jpg"), elbow);
  for (const path of [
    "/data/elbow/a.jpg",
    "/data/skull/fractured/a.jpg",
    "/fractured/elbow/a.jpg",
    "/elbow/x/normal/a.jpg",
  ]) {
    assert.equal(truthOf(path), undefined, path);
  }
  assert.equal(truthOf("/constructor/normal/a.jpg"), undefined);
});
