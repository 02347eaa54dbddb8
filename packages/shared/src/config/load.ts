import { Value } from "../libraries/typebox.js";
import { ProblemError } from "../problems/index.js";
import { isLoopback } from "./loopback.js";
import { type Config, ConfigSchema } from "./schema.js";
import { weakSecrets } from "./weak-secrets.js";

/**
 * Reads the configuration from environment variables.
 *
 * @throws ProblemError `config-invalid` whose detail names every variable that is wrong, one a line. The values are not
 * shown: they may be secrets.
 */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const given: Record<string, unknown> = {};
  for (const name of Object.keys(ConfigSchema.properties)) {
    const value = env[name];
    if (value !== undefined && value !== "") given[name] = value;
  }
  const candidate = Value.Convert(ConfigSchema, Value.Default(ConfigSchema, given));
  const faults = Value.Errors(ConfigSchema, candidate).map(
    (error) => `${error.instancePath.slice(1) || "environment"} ${error.message}`,
  );
  const config = candidate as Config;
  if (config.S3_BUCKET === undefined && config.S3_ENDPOINT !== undefined) {
    faults.push("S3_BUCKET must be set where S3_ENDPOINT is");
  }
  if (faults.length === 0 && !isLoopback(config.HOST)) {
    for (const name of weakSecrets(config)) {
      faults.push(
        `${name} must hold a strong secret where HOST is no loopback address: it is short, or well known`,
      );
    }
  }
  if (faults.length > 0) throw new ProblemError("config-invalid", faults.join("\n"));
  return config;
}
