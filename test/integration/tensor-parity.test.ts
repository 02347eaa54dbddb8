import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../../", import.meta.url));
const environment = path.join(root, ".cache/python");
const python = path.join(environment, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");

/** The two packages that the tensor's definition needs, as the training pins them. */
const packages = readFileSync(path.join(root, "training/requirements.txt"), "utf8")
  .split("\n")
  .filter((line) => /^(numpy|pillow)==/.test(line));

test("training's tensor makes the golden files that serving's is held to", async () => {
  assert.equal(packages.length, 2);
  if (!existsSync(python)) await run("python3", ["-m", "venv", environment]);
  await run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...packages]);
  const { stderr } = await run(python, ["-m", "unittest", "discover", "training/tests"], { cwd: root });
  assert.match(stderr, /Ran [1-9]\d* tests[\s\S]*OK/);
});
