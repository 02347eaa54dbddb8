import assert from "node:assert/strict";
import { test } from "node:test";
import { osteon } from "./support/osteon.js";

test("a key with a line break inside is not understood, and not told", async () => {
  const { code, told } = await osteon(["get", "x"], { OSTEON_KEY: "osk_one\nosk_two" });
  assert.equal(code, 2);
  assert.match(told, /^The key has /);
  assert.doesNotMatch(told, /osk_one|osk_two/);
});
