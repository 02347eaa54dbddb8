import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { FileStore, ProblemError, walk } from "../../src/index.js";
import { storeConformance } from "./store-conformance.js";

const folders: string[] = [];
const folder = async () => {
  const made = await mkdtemp(path.join(os.tmpdir(), "osteon-store-"));
  folders.push(made);
  return made;
};
after(() => Promise.all(folders.map((each) => rm(each, { recursive: true, force: true }))));

storeConformance("file", async () => new FileStore(await folder()));

test("a write leaves no temporary file behind", async () => {
  const root = await folder();
  const store = new FileStore(root);
  await store.put("a/b", "1", { ifAbsent: true });
  await store.put("a/b", "2", { ifAbsent: true });
  await store.put("a/b", "3");
  assert.deepEqual(await readdir(path.join(root, ".tmp")), []);
});

test("a list goes on behind folders that are empty, and in order through one of many names", async () => {
  const root = await folder();
  const store = new FileStore(root);
  for (const name of ["a", "b", "c"]) await mkdir(path.join(root, "l", name), { recursive: true });
  const names = Array.from({ length: 700 }, (_, at) => String((at * 389) % 700).padStart(3, "0"));
  await Promise.all(names.map((name) => writeFile(path.join(root, "l", `d${name}`), "")));
  await store.put("l/b0/x", "");
  const sorted = ["l/b0/x", ...[...names].sort().map((name) => `l/d${name}`)];
  assert.deepEqual(await store.list("l/", { limit: 1 }), sorted.slice(0, 1));
  assert.deepEqual(await store.list("l/", { limit: 2, after: "l/d300" }), ["l/d301", "l/d302"]);
  const walked: string[] = [];
  for await (const key of walk(store, "l/", { limit: 50 })) walked.push(key);
  assert.deepEqual(walked, sorted);
});

test("a store that cannot be written is unavailable, with a code", async () => {
  const root = await folder();
  await writeFile(path.join(root, "plain"), "a file where a folder must be");
  await chmod(path.join(root, "plain"), 0o400);
  const store = new FileStore(path.join(root, "plain"));
  await assert.rejects(
    store.put("a", "1"),
    (error) => error instanceof ProblemError && error.code === "store-unavailable",
  );
});
