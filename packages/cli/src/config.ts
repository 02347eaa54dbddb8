import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Config, loadConfig } from "@osteon/shared";
import { defaultDataDir } from "@osteon/shared/command-line";

/** The configuration of store and Redis, with DATA_DIR as `npm start` takes it. @throws ProblemError */
export function configOf(env: NodeJS.ProcessEnv): Config {
  return loadConfig({ ...env, DATA_DIR: defaultDataDir(env) });
}

/** The operator's secrets of callbacks, newest first: the services' own, else the one that `npm start` has made in DATA_DIR. */
export function callbackSecretsOf({ WEBHOOK_SECRET, DATA_DIR }: Config): string[] {
  const file = join(DATA_DIR, "webhook-secret");
  const secrets = WEBHOOK_SECRET ?? (existsSync(file) ? readFileSync(file, "utf8").trim() : "");
  return secrets.split(",").filter((each) => each !== "");
}
