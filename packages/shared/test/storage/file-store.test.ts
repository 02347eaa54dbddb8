import assert from "node:assert/strict";
import { chmod, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { FileStore, ProblemError } from "../../src/index.js";
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
