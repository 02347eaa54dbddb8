import { runInProcess } from "@osteon/shared/command-line/testing";
import { runOsteon } from "../../src/osteon.js";

/** Runs the command line in this process, with no variables but the given. */
export function osteon(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { signal } = new AbortController();
  return runInProcess((terminal) => runOsteon(args, { ...terminal, signal }), env);
}
