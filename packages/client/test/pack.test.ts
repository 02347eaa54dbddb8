import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const folder = join(root, "packages/client");
const read = (...path: string[]) => readFile(join(...path), "utf8");

/** What is in the tarball that the guide has its readers make. */
const { stdout, stderr } = spawnSync("npm", ["pack", "--dry-run", "--json", "-w", "packages/client"], {
  cwd: root,
  encoding: "utf8",
});
assert.ok(stdout.startsWith("["), stderr);
const [pack] = JSON.parse(stdout) as { files: { path: string }[] }[];
const packed = new Set(pack?.files.map(({ path }) => path));

test("the tarball has the licence, the notice and a short guide with it", async () => {
  for (const name of ["LICENSE", "NOTICE", "README.md"]) assert.ok(packed.has(name), name);
  assert.equal(await read(folder, "LICENSE"), await read(root, "LICENSE"));
  const notice = await read(folder, "NOTICE");
  assert.ok((await read(root, "NOTICE")).startsWith(notice) && /research use only/.test(notice));
  const [example = "-"] = (await read(root, "docs/guides/clients.md")).match(/```ts\n.*?```/s) ?? [];
  assert.ok((await read(folder, "README.md")).includes(example), "the first example of the guide");
});

test("the tarball has what its source maps name", async () => {
  const maps = [...packed].filter((path) => path.endsWith(".map"));
  assert.notEqual(maps.length, 0);
  for (const map of maps) {
    const { sources } = JSON.parse(await read(folder, map)) as { sources: string[] };
    for (const source of sources)
      assert.ok(packed.has(posix.join(posix.dirname(map), source)), `${map} names ${source}`);
  }
});
