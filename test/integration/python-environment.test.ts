import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { ensurePythonEnvironment } from "@osteon/inference/python-environment";

test("a Python environment that was broken off is made from the start, and one that is whole is kept", async (t) => {
  const parent = mkdtempSync(path.join(os.tmpdir(), "osteon-python-"));
  t.after(() => rmSync(parent, { recursive: true }));
  const folder = path.join(parent, "python");
  // Its own pip is there as soon as it is whole: nothing is fetched.
  const install = ["--no-index", "pip"];
  // What venv makes first, long before pip.
  mkdirSync(path.join(folder, "bin"), { recursive: true });
  symlinkSync("/usr/bin/env", path.join(folder, "bin/python"));
  const python = await ensurePythonEnvironment({ folder, install, digest: "one" });
  assert.match(execFileSync(python, ["-m", "pip", "--version"], { encoding: "utf8" }), /^pip /);

  const onMissing = () => {
    throw new Error("made anew");
  };
  assert.equal(await ensurePythonEnvironment({ folder, install, digest: "one", onMissing }), python);
  await assert.rejects(ensurePythonEnvironment({ folder, install, digest: "other", onMissing }), /made anew/);
  rmSync(path.join(folder, "ready"));
  await assert.rejects(ensurePythonEnvironment({ folder, install, digest: "one", onMissing }), /made anew/);
});
