import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const main = fileURLToPath(new URL("../../../bench/dist/main.js", import.meta.url));

test("a film costs no more than recorded", { timeout: 600_000 }, async (t) => {
  const run = promisify(execFile)(process.execPath, [main, "--short"]);
  const { stdout, lost } = await run.then(
    (answer) => ({ ...answer, lost: false }),
    (error: { stdout?: string; stderr?: string; code?: unknown }) => {
      // 1 with the figures on standard output is a loss; all else is a bench that does not run.
      if (error.code !== 1 || !error.stdout?.includes("LOST")) throw error;
      return { stdout: error.stdout, lost: true };
    },
  );
  for (const line of stdout.trim().split("\n")) t.diagnostic(line);
  assert.ok(!lost, stdout);
});
