import type { Terminal } from "../../src/command-line/index.js";

/** Runs a command line in this process, with no variables but the given. */
export async function runInProcess(
  run: (terminal: Terminal) => Promise<number>,
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: number; printed: string; told: string }> {
  const printed: string[] = [];
  const told: string[] = [];
  const code = await run({
    out: (line) => printed.push(line),
    err: (line) => told.push(line),
    env,
  });
  return { code, printed: printed.join("\n"), told: told.join("\n") };
}
