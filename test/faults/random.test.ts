import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync, writeSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { report, told } from "./report.js";
import { type RunOptions, run } from "./run.js";

test("five minutes of random faults keep every promise", async (t) => {
  // The same faults each time, so that a failure tells of the change and not of the day; other seeds are the long run's.
  const options: RunOptions = {
    seed: Number(process.env.FAULTS_SEED ?? 984_607),
    minutes: 5,
    rate: 1,
    every: 4,
    longest: 15,
    patience: 11,
    // Straight to the terminal: a run that hangs would take with it what it had to say.
    say: (line) => writeSync(2, `random faults, ${new Date().toISOString().slice(11, 19)}: ${line}\n`),
  };
  t.diagnostic(`seed ${options.seed}; FAULTS_SEED=${options.seed} has the same faults again`);
  const result = await run(options);
  const page = report(options, result);
  if (result.violations.length > 0) {
    const folder = mkdtempSync(path.join(os.tmpdir(), "osteon-faults-history-"));
    writeFileSync(path.join(folder, "report.md"), page);
    writeFileSync(path.join(folder, "history.jsonl"), result.history.toString());
    t.diagnostic(`what was seen is kept in ${folder}`);
  }
  t.diagnostic(page);
  assert.ok(result.violations.length === 0, told(result));
  assert.ok(result.history.of("fault").length > 20, "there were faults");
  assert.ok(result.history.of("promised").length > 50, "there were promises");
});
