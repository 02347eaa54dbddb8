import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { StartError } from "../src/start-error.js";
import { installGoProgram } from "./support/go-program.js";
import { temporary } from "./support/temporary.js";

const program = { name: "tool", version: "v1.0.0", program: "example.com/tool" };

test("what was built is kept", async (t) => {
  const cache = temporary(t);
  mkdirSync(join(cache, "bin"));
  writeFileSync(join(cache, "bin", "tool-v1.0.0"), "");
  assert.equal(await installGoProgram(program, { cache }), join(cache, "bin", "tool-v1.0.0"));
});

test("without Go, what helps is said", async (t) => {
  await assert.rejects(
    installGoProgram(program, { cache: temporary(t), env: { PATH: temporary(t) } }),
    (error) =>
      error instanceof StartError &&
      ["tool-v1.0.0", "Install Go", ".cache/bin"].every((way) => error.message.includes(way)),
  );
});
