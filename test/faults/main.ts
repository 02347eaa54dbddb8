import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { report } from "./report.js";
import { type RunOptions, run } from "./run.js";

/** `npm run faults -- [--minutes 60] [--seed N] [--rate 1.5] [--every 6] [--out FOLDER]`: the report, and the history. */
const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    rate: { type: "string", default: "1.5" },
    every: { type: "string", default: "6" },
    out: { type: "string", default: path.join(".osteon", "faults") },
  },
});
const options: RunOptions = {
  seed: Number(values.seed),
  minutes: Number(values.minutes),
  rate: Number(values.rate),
  every: Number(values.every),
  say: (line) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`),
};
process.stderr.write(`seed ${options.seed}\n`);
const result = await run(options);
const page = report(options, result);
mkdirSync(values.out, { recursive: true });
writeFileSync(path.join(values.out, `report-${options.seed}.md`), page);
if (result.violations.length > 0)
  writeFileSync(path.join(values.out, `history-${options.seed}.jsonl`), result.history.toString());
process.stdout.write(page);
process.exitCode = result.violations.length === 0 ? 0 : 1;
