import assert from "node:assert/strict";
import { test } from "node:test";
import { osteon } from "./support/osteon.js";

test("help is printed, and is no error: of all, or of one command", async () => {
  for (const args of [["help"], ["--help"], ["-h"]]) {
    const { code, printed, told } = await osteon(args);
    assert.deepEqual([code, told], [0, ""]);
    for (const command of [
      "analyze FILE",
      "webhooks listen",
      "keys COMMAND",
      "dead-letters COMMAND",
      "ledger repair",
    ])
      assert.ok(printed.includes(command), command);
  }
  const analyze = await osteon(["analyze", "film.png", "--help"]);
  assert.deepEqual([analyze.code, analyze.told], [0, ""]);
  assert.match(analyze.printed, /analyze FILE[\s\S]*--timeout/);
  assert.doesNotMatch(analyze.printed, /keys|watch ID/);
  const keys = await osteon(["keys", "create", "--help"]);
  assert.deepEqual([keys.code, keys.told], [0, ""]);
  assert.match(keys.printed, /scopes: submit, urgent, read, webhooks, admin/);
  assert.doesNotMatch(keys.printed, /analyze/);
});

test("what is not understood is told apart: exit code 2, and nothing printed", async () => {
  for (const args of [[], ["dance"], ["toString"], ["analyze", "--dance"]]) {
    const { code, printed } = await osteon(args, { OSTEON_URL: "no address" });
    assert.deepEqual([args, code, printed], [args, 2, ""]);
  }
  // A file of that name.
  assert.match((await osteon(["analyze", "--", "--help"])).told, /^--help: /);
});
