import { runOsteon } from "../../src/osteon.js";

/** Runs the command line in this process, with no variables but the given. */
export async function osteon(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: number; printed: string; told: string }> {
  const printed: string[] = [];
  const told: string[] = [];
  const code = await runOsteon(args, {
    out: (line) => printed.push(line),
    err: (line) => told.push(line),
    env,
    signal: new AbortController().signal,
  });
  return { code, printed: printed.join("\n"), told: told.join("\n") };
}
