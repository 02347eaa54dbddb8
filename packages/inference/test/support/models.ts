import { runInProcess } from "@osteon/shared/command-line/testing";
import { runModels } from "../../src/commands/index.js";

/** Runs `npm run models` in this process, with no variables but the given. */
export function models(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return runInProcess((terminal) => runModels(args, terminal), env);
}
