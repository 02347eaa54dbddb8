import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { osteon } from "./support/osteon.js";

test("a key with a line break inside is not understood, and not told", async () => {
  const { code, told } = await osteon(["get", "x"], { OSTEON_KEY: "osk_one\nosk_two" });
  assert.equal(code, 2);
  assert.match(told, /^The key has /);
  assert.doesNotMatch(told, /osk_one|osk_two/);
});

test("a name that would steer the terminal is told without what does", async () => {
  const { code, told } = await osteon(["analyze", "\u001b[2Jgone.png"]);
  assert.equal(code, 1);
  assert.match(told, /^\uFFFD\[2Jgone\.png: /);
  assert.doesNotMatch(told, /\p{Cc}/u);
});

test("--timeout is the time of one try, beside that of the film", async (t) => {
  for (const wrong of ["soon", "0", "-1", "1e9"])
    assert.equal((await osteon(["analyze", "x", `--timeout=${wrong}`])).code, 2, wrong);
  t.mock.timers.enable({ apis: ["setTimeout"] });
  t.mock.method(
    globalThis,
    "fetch",
    (_url: string, { signal }: { signal: AbortSignal }) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  );
  let ended = false;
  const film = fileURLToPath(import.meta.url);
  const run = osteon(["analyze", film, "--timeout", "900"]).finally(() => {
    ended = true;
  });
  while (!ended) {
    t.mock.timers.tick(10_000);
    await new Promise(setImmediate);
  }
  assert.match((await run).told, /no answer within 900\d\d\d ms/);
});
