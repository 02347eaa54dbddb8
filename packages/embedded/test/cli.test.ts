import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { readyLine } from "../src/cli.js";
import { repoRoot } from "../src/paths.js";

const cli = new URL("../src/cli.js", import.meta.url).href;

/** Runs the command line with arguments in a process of its own. */
function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const script = `const { main } = await import(${JSON.stringify(cli)}); process.exitCode = await main(process.argv.slice(1));`;
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ["--input-type=module", "-e", script, "--", ...args],
      (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr }),
    );
  });
}

test("--help says what there is", async () => {
  const { code, stdout } = await run("--help");
  assert.equal(code, 0);
  assert.match(stdout, /analyze FILE/);
});

test("a wrong command line is told apart from a film that failed: exit code 2, nothing on standard output", async () => {
  const slips = [
    ["dance"],
    ["--dance"],
    ["--json"],
    ["analyze"],
    ["analyze", "no such film.jpg"],
    ["analyze", "x", "--y"],
  ];
  for (const args of slips) {
    const { code, stdout, stderr } = await run(...args);
    assert.deepEqual([args, code, stdout], [args, 2, ""]);
    assert.match(stderr, /^(There is no|Unknown option|--json|analyze needs)[\s\S]*Usage:/);
  }
});

test("the call in the ready line works from where the user is", () => {
  const url = "http://127.0.0.1:8080";
  assert.match(
    readyLine(url, { cwd: repoRoot }),
    /^Osteon is ready: http:\/\/127\.0\.0\.1:8080 {2}try: curl -F film=@\S+ http/,
  );
  assert.match(readyLine(url, { cwd: join(repoRoot, "packages") }), /film=@(\.\.\/models\/|film\.png)/);
});

test("where keys are on, the call in the ready line has a place for one", () => {
  const url = "http://127.0.0.1:8080";
  assert.match(readyLine(url, { keys: true }), /try: curl -H "Authorization: Bearer osk_…" -F film=@/);
});
