import { runModels } from "../../src/commands/index.js";

/** Runs `npm run models` in this process, with no variables but the given. */
export async function models(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: number; printed: string; told: string }> {
  const printed: string[] = [];
  const told: string[] = [];
  const code = await runModels(args, {
    out: (line) => printed.push(line),
    err: (line) => told.push(line),
    env,
  });
  return { code, printed: printed.join("\n"), told: told.join("\n") };
}
