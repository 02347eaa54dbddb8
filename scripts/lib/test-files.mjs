import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "./run.mjs";

/** Compiled unit tests: every `*.test.js` below `dist/test` of each package and service. */
export function unitTests() {
  return ["packages", "services"].flatMap((kind) =>
    readdirSync(join(root, kind)).flatMap((name) => testsOf(join(kind, name), "test")),
  );
}

/** Compiled tests of what crosses packages: every `*.test.js` below `test/dist`. */
export function wholeTests() {
  return testsOf("test", "");
}

/**
 * The compiled tests of a project whose source is still there: the compiler leaves what it made of removed files.
 *
 * @param {string} project
 * @param {string} folder where its tests are
 */
function testsOf(project, folder) {
  const compiled = join(root, project, "dist", folder);
  if (!existsSync(compiled)) return [];
  return readdirSync(compiled, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.js"))
    .filter((name) => existsSync(join(root, project, folder, name.replace(/\.js$/, ".ts"))))
    .map((name) => join(project, "dist", folder, name))
    .sort();
}
