import { setMaxListeners } from "node:events";
import { join, relative } from "node:path";
import { PassThrough } from "node:stream";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { root } from "./run.mjs";

const counted = ["tests", "suites", "pass", "fail", "cancelled", "skipped", "todo"];

/**
 * Runs stages of test files one after the other, each with its own concurrency, and shows them as one run: one list of
 * failures, the same in short, and node's closing lines (`ℹ tests 12` …) over all of them as the very last thing printed.
 * In CI (`CI` is set) what is skipped or to be done has failed: what nobody ran there, nobody ran.
 *
 * @param {{ files: string[], concurrency: number, timeout: number }[]} stages
 * @param {AbortSignal} signal ends all
 * @returns {Promise<boolean>} whether everything passed
 */
export async function runTests(stages, signal) {
  const sums = Object.fromEntries(counted.map((name) => [name, 0]));
  const began = performance.now();
  // Every file listens to it.
  setMaxListeners(0, signal);
  let failed = false;
  const failures = [];
  const all = Boolean(process.env.CI);
  // The runner thinks that it is a file of another run where this is set.
  delete process.env.NODE_TEST_CONTEXT;

  async function* events() {
    for (const { files, ...options } of stages) {
      if (files.length === 0 || signal.aborted) continue;
      for await (const event of run({ ...options, signal, files: files.map((file) => join(root, file)) })) {
        if (event.type === "test:fail" && event.data.todo === undefined) {
          failed = true;
          if (event.data.details.type !== "suite") failures.push(inShort(event.data));
        }
        if (all && (event.type === "test:pass" || event.type === "test:fail") && isLeftOut(event.data)) {
          failed = true;
          failures.push(`${inFile(event.data)}: skipped or to be done, which CI does not let pass`);
        }
        const [, name, value] = /^(\w+) (\d+(?:\.\d+)?)$/.exec(event.data?.message ?? "") ?? [];
        const closing = event.type === "test:diagnostic" && event.data.nesting === 0;
        if (closing && name in sums) sums[name] += Number(value);
        else if (event.type !== "test:summary" && !(closing && name === "duration_ms")) yield event;
      }
    }
  }

  // As a reporter it is a class in some versions of node and a made stream in others.
  const reporter = new spec();
  const output = new PassThrough();
  reporter.pipe(output).pipe(process.stdout, { end: false });
  const shown = new Promise((resolve) => output.once("end", resolve));
  for await (const event of events()) {
    if (!reporter.write(event)) await new Promise((resolve) => reporter.once("drain", resolve));
  }
  reporter.end();
  await shown;

  const lines = [
    ...counted.map((name) => `${name} ${sums[name]}`),
    `duration_ms ${(performance.now() - began).toFixed(0)}`,
  ];
  const passed = !failed && sums.tests > 0 && sums.fail === 0 && sums.cancelled === 0 && !signal.aborted;
  // A long difference of two objects pushes the other failures out of what is kept of a log.
  if (failures.length > 0) process.stdout.write(`\nIn short:\n${failures.join("\n")}\n`);
  process.stdout.write(`\n${lines.map((line) => `ℹ ${line}`).join("\n")}\n`);
  return passed;
}

/**
 * A failed test in a line or a few: its file, its name, and how its error begins.
 *
 * @param {import("node:test").EventData.TestFail} failure
 */
function inShort({ file, name, details }) {
  const { cause, message } = details.error;
  const text = String(cause?.message ?? cause ?? message);
  return `${inFile({ file, name })}: ${text.slice(0, 600)}`;
}

function inFile({ file, name }) {
  return `✖ ${file === undefined ? "" : `${relative(root, file)}: `}${name}`;
}

/** By what the event says: a reason, or that there is none given. */
function isLeftOut({ skip, todo }) {
  return skip !== undefined || todo !== undefined;
}
