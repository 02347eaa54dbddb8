#!/usr/bin/env node
// `npm run test:containers` and `npm run test:deployment`: the tests of that folder of test/, which are no part of `npm test`.
import "./lib/check-node.mjs";

const minute = 60_000;
const [folder = "", ...filters] = process.argv.slice(2);

const { setUp } = await import("./lib/set-up.mjs");
await setUp();
const { testsApart } = await import("./lib/test-files.mjs");
const { runTests } = await import("./lib/run-tests.mjs");
const files = testsApart(folder).filter((file) => filters.every((part) => file.includes(part)));
// A build of foreign code or a set of images may take its time; what hangs ends all the same.
const over = AbortSignal.timeout(75 * minute);
const passed = await runTests([{ files, concurrency: 1, timeout: 70 * minute }], over);
process.exit(passed ? 0 : 1);
