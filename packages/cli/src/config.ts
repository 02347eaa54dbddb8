import { type Config, loadConfig } from "@osteon/shared";
import { defaultDataDir } from "@osteon/shared/command-line";

/** The configuration of store and Redis, with DATA_DIR as `npm start` takes it. @throws ProblemError */
export function configOf(env: NodeJS.ProcessEnv): Config {
  return loadConfig({ ...env, DATA_DIR: defaultDataDir(env) });
}
