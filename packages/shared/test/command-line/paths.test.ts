import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { defaultDataDir, repoRoot, userCwd } from "../../src/command-line/index.js";

const byNpm = { INIT_CWD: "/somewhere", npm_package_json: join(repoRoot, "package.json") };

test("the root is the repository's", () => {
  assert.ok(existsSync(join(repoRoot, "packages", "shared")));
});

test("npm's own move to the repository is seen through, another package's is not", () => {
  assert.equal(userCwd(byNpm), "/somewhere");
  assert.equal(userCwd({ ...byNpm, npm_package_json: "/other/package.json" }), process.cwd());
});

test("a relative DATA_DIR is where the user stands, the default in the repository", () => {
  assert.equal(defaultDataDir({ ...byNpm, DATA_DIR: "data" }), "/somewhere/data");
  assert.equal(defaultDataDir({ ...byNpm, DATA_DIR: "/data" }), "/data");
  assert.equal(defaultDataDir({ ...byNpm, DATA_DIR: "" }), join(repoRoot, ".osteon"));
});
