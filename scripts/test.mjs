#!/usr/bin/env node
// `npm test` sets up whatever is missing and runs everything; `npm run test:unit` runs the unit tests only.
// Further arguments choose files: `npm test -- redis` runs those whose path has "redis" in it.
import "./lib/check-node.mjs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

const minute = 60_000;
/** A hung test must not hold a machine: all ends after this, failed, its setting up included. CI gives it an hour. */
const mostMs = 57 * minute;

const unitOnly = process.argv[2] === "unit";
const filters = process.argv.slice(unitOnly ? 3 : 2);

const { missingRequirements } = await import("./lib/requirements.mjs");
// Of a few files each step tells its own: not all of this is needed for any of them.
const missing = filters.length === 0 ? missingRequirements({ unitOnly }) : [];
if (missing.length > 0) fail(`The tests need, and this machine has not:\n${missing.join("\n")}`);

// From the start of the process: setting up a fresh clone takes minutes.
const over = new AbortController();
const timer = setTimeout(
  () => {
    over.abort();
    // Whatever does not end even so is left behind.
    setTimeout(() => fail(`The tests took more than ${mostMs / minute} minutes.`), 30_000).unref();
  },
  mostMs - process.uptime() * 1000,
);

const { product, setUp } = await import("./lib/set-up.mjs");
const { root, run } = await import("./lib/run.mjs");
// Beside the product what has unit tests and is no part of it.
const unitProjects = [...product, "packages/cli", "packages/client/test", "packages/simulation", "web"];
await setUp(unitOnly ? { projects: unitProjects } : { tfjsNode: true });

if (!unitOnly && filters.length === 0) {
  const code = await run(process.execPath, [
    join(root, "node_modules/@biomejs/biome/bin/biome"),
    "check",
    ".",
  ]);
  if (code !== 0) fail("Lint or format: see above; `npm run format` puts most of it right.");
}

const { ensureRedisServer } = await import("../packages/embedded/dist/src/index.js");
const { ensureS3Server } = await import("../packages/embedded/dist/test/testing.js");
const { ensureBrowser } = await import("./lib/browser.mjs");
const { ensureSchemathesis } = await import("./lib/schemathesis.mjs");
const { unitTests, wholeTests } = await import("./lib/test-files.mjs");
const { runTests } = await import("./lib/run-tests.mjs");

const isIn =
  (...folders) =>
  (file) =>
    folders.some((name) => file.startsWith(join("test", "dist", name, "")));
const isIntegration = isIn("integration");
/** What waits for a webhook's later tries, of which one is minutes after the other. */
const isPatient = isIn("faults", "soak");
const chosen = (files) => files.filter((file) => filters.every((part) => file.includes(part)));
const units = chosen(unitTests());
const whole = unitOnly ? [] : chosen(wholeTests());
if (units.length + whole.length === 0) fail(`No test file has ${filters.join(" and ")} in its path.`);

// Fetched here once, so that no test's time goes into it and no two tests fetch it at once.
const say = (line) => console.error(line);
try {
  await ensureRedisServer({ say });
  if (whole.length > 0) await ensureS3Server({ say });
  if (whole.some((file) => file.includes("browser"))) process.env.CHROMIUM = await ensureBrowser();
  if (whole.some((file) => file.includes("schemathesis"))) await ensureSchemathesis({ say });
} catch (error) {
  fail(error.message);
}

const systems = whole.filter((file) => !isIntegration(file));
// One file that hangs must leave the others their time: all but it take about forty minutes.
const passed = await runTests(
  [
    // More than there are cores: many wait for processes that they start.
    { files: units, concurrency: Math.min(availableParallelism() + 2, 4), timeout: 5 * minute },
    { files: whole.filter(isIntegration), concurrency: 2, timeout: 12 * minute },
    // Whole systems, each with its models: one at a time.
    { files: systems.filter((file) => !isPatient(file)), concurrency: 1, timeout: 12 * minute },
    { files: systems.filter(isPatient), concurrency: 1, timeout: 20 * minute },
  ],
  over.signal,
);
clearTimeout(timer);
process.exit(passed ? 0 : 1);

/** @param {string} message */
function fail(message) {
  console.error(message);
  process.exit(1);
}
