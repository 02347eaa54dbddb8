import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { after, describe, test } from "node:test";
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

describe("a store that was probed", () => {
  const replacements: Record<string, (root: string) => Promise<unknown>> = {
    "is away": async () => undefined,
    "has a file in its place": (root) => writeFile(root, ""),
    "has an empty folder in its place": (root) => mkdir(root),
    "has another store in its place": async (root) => {
      await new FileStore(root).put("other/a", "an object that is not this store's to erase");
      await new FileStore(root).probe();
    },
  };
  for (const [what, replace] of Object.entries(replacements))
    test(`is unavailable while it ${what}, and is made by nothing`, async () => {
      const root = path.join(await folder(), "store");
      await new FileStore(root).put("a/before", "an object of a store that has no id yet");
      const store = new FileStore(root);
      await store.probe();
      await store.put("a/b", "1");
      await rename(root, `${root}-away`);
      await replace(root);
      const there = () => readdir(path.dirname(root), { recursive: true });
      const left = await there();
      for (const call of [
        () => store.get("a/b"),
        () => store.size("a/b"),
        () => store.exists("probe/ready"),
        () => store.put("a/b", "2"),
        () => store.put("a/stream", Readable.from([Buffer.from("2")])),
        () => store.delete("a/b"),
        () => store.deleteAll(["a/b"]),
        () => store.deletePrefix("a/"),
        () => store.deletePrefix("other/"),
        () => store.list("a/"),
        () => store.probe(),
      ])
        await assert.rejects(call(), { code: "store-unavailable" });
      assert.deepEqual(await there(), left);
      await rm(root, { recursive: true, force: true });
      await rename(`${root}-away`, root);
      assert.equal((await store.get("a/b"))?.toString(), "1");
      assert.equal(await store.get("a/none"), undefined);
      assert.equal(await store.exists("a/none"), false);
      assert.deepEqual(await store.list("none/"), []);
      assert.deepEqual(await store.list("a/"), ["a/b", "a/before"]);
      await store.put("new/b", "3");
      await store.deletePrefix("new/");
      await new FileStore(root).probe();
      await store.probe();
    });
});
