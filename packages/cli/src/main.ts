#!/usr/bin/env node
import { interrupted, onStopSignal, outliveReaders } from "@osteon/shared/command-line";
import { runOsteon } from "./osteon.js";

outliveReaders();
const ended = new AbortController();
onStopSignal(
  () => ended.abort(),
  () => process.exit(interrupted),
);
process.exitCode = await runOsteon(process.argv.slice(2), {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
  env: process.env,
  signal: ended.signal,
});
