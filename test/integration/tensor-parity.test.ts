import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ensurePythonEnvironment } from "@osteon/inference/python-environment";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../../", import.meta.url));

/** The tests of training that need no more than its tensor does; the others need torch, OpenCV or ONNX. */
const modules = ["test_data", "test_metrics", "test_recipe", "test_tensor"];

/** The two packages that the tensor's definition needs, as the training pins them. */
const packages = readFileSync(path.join(root, "training/requirements.txt"), "utf8")
  .split("\n")
  .filter((line) => /^(numpy|pillow)==/.test(line));

test("training's tensor makes the golden files that serving's is held to", async () => {
  assert.equal(packages.length, 2);
  const python = await ensurePythonEnvironment({
    folder: path.join(root, ".cache/python"),
    install: packages,
    digest: packages.join(" "),
  });
  const { stderr } = await run(python, ["-m", "unittest", "-v", ...modules], {
    cwd: path.join(root, "training/tests"),
  });
  assert.match(stderr, /^Ran [1-9]\d* tests[\s\S]*^OK$/m);
  for (const module of modules) assert.match(stderr, new RegExp(`\\(${module}\\.`));
  assert.doesNotMatch(stderr, /skipped/);
});
