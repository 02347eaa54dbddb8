import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "./run.mjs";

/** Compiled unit tests: every `*.test.js` below `dist/test` of each package and service, and the page's. */
export function unitTests() {
  const units = ["packages", "services"].flatMap((kind) =>
    readdirSync(join(root, kind)).flatMap((name) => testsOf(join(kind, name), "test")),
  );
  // The page's `dist` is what browsers get.
  return [...units, ...testsOf("web", "test", "compiled")];
}

/** What needs an engine of containers, or programs that take long to build: run by a command of their own. */
const apart = ["containers", "deployment"];

/** Compiled tests of what crosses packages: every `*.test.js` below `test/dist` but those that are run apart. */
export function wholeTests() {
  const beginnings = apart.map((folder) => join("test", "dist", folder, ""));
  return testsOf("test", "").filter((file) => !beginnings.some((each) => file.startsWith(each)));
}

/** Compiled tests of one of the folders that are run apart. */
export function testsApart(folder) {
  return testsOf("test", folder);
}

/**
 * The compiled tests of a project, by their sources: the compiler leaves what it made of removed files, and what it was not asked for
 * must fail for want of its file, not be passed over.
 *
 * @param {string} project
 * @param {string} folder where its tests are
 * @param {string} [output] where the compiler puts them
 */
function testsOf(project, folder, output = "dist") {
  const sources = join(root, project, folder);
  if (!existsSync(sources)) return [];
  return readdirSync(sources, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => join(project, output, folder, name.replace(/ts$/, "js")))
    .sort();
}
