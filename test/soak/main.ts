import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { pageOf } from "./page.js";
import { runSoak, type SoakOptions } from "./run.js";
import { faultsOf, judge } from "./verdict.js";

/** Share of the samples in which heaps and queues fill up to what they stay at. */
const warmUp = 0.25;

/**
 * `npm run soak -- [--jobs 100000] [--engine stub|real] [--clients 24] [--minutes 600] [--every 10] [--out FOLDER]`: a page, the
 * samples, and exit code 1 where something was lost, left over, or grew.
 */
const { values } = parseArgs({
  options: {
    jobs: { type: "string", default: "100000" },
    engine: { type: "string", default: "stub" },
    clients: { type: "string", default: "24" },
    minutes: { type: "string", default: "600" },
    every: { type: "string", default: "10" },
    out: { type: "string", default: path.join(".osteon", "soak") },
  },
});
const { engine } = values;
if (engine !== "stub" && engine !== "real") throw new TypeError("--engine is stub or real");
const options: SoakOptions = {
  jobs: Number(values.jobs),
  engine,
  clients: Number(values.clients),
  minutes: Number(values.minutes),
  every: Number(values.every),
  say: (line) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`),
};
const result = await runSoak(options);
const verdicts = judge(result, warmUp);
const faults = faultsOf(result, options.jobs, verdicts);
const page = pageOf(options, result, verdicts, faults);
mkdirSync(values.out, { recursive: true });
writeFileSync(path.join(values.out, `${engine}.md`), page);
writeFileSync(
  path.join(values.out, `${engine}-samples.jsonl`),
  result.samples.map((each) => JSON.stringify(each)).join("\n"),
);
process.stdout.write(page);
process.exitCode = faults.length === 0 ? 0 : 1;
