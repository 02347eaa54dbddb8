import { Type, Value } from "../libraries/typebox.js";
import { ProblemError } from "../problems/index.js";
import { parseAddressRanges } from "./address-ranges.js";
import { isLoopback } from "./loopback.js";
import { redisFaults } from "./redis-faults.js";
import { readRetentionTenants } from "./retention-tenants.js";
import { type Config, ConfigSchema } from "./schema.js";
import { weakSecrets } from "./weak-secrets.js";

/** What of the configuration is an address, or several. */
const addresses = ["REDIS_URL", "S3_ENDPOINT", "S3_PUBLIC_ENDPOINT"] as const;

/** What one service asks of its configuration beside the schema: the fault, a line that begins with the variable's name. */
export type ConfigRule = (config: Config) => string | undefined;

/**
 * Reads the configuration from environment variables.
 *
 * @throws ProblemError `config-invalid` whose detail names every variable that is wrong, one a line. The values are not
 * shown: they may be secrets.
 */
export function loadConfig(env: NodeJS.ProcessEnv, ...rules: ConfigRule[]): Config {
  const given: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(ConfigSchema.properties)) {
    const value = env[name];
    if (value !== undefined && value !== "")
      given[name] = Type.IsInteger(schema) ? wholeNumber(value) : value;
  }
  const config = Value.Default(ConfigSchema, given) as Config;
  const faults = new Map<string, string>();
  for (const { instancePath, message, params } of Value.Errors(ConfigSchema, config)) {
    const name = instancePath.slice(1) || "environment";
    const { allowedValues: choices } = params as { allowedValues?: readonly unknown[] };
    faults.set(name, `${name} ${choices === undefined ? message : `must be one of ${choices.join(", ")}`}`);
  }
  if (config.S3_BUCKET === undefined && config.S3_ENDPOINT !== undefined) {
    faults.set("S3_BUCKET", "S3_BUCKET must be set where S3_ENDPOINT is");
  }
  for (const name of addresses) {
    const given = `${config[name] ?? ""}`.split(",").filter((each) => each !== "");
    if (!faults.has(name) && !given.every((each) => URL.canParse(each)))
      faults.set(
        name,
        `${name} is no URL: what is special in one (# / ? @ :) is written %23, %2F and so on in a password`,
      );
  }
  if (!faults.has("REDIS_URL") && !faults.has("REDIS_SENTINELS"))
    for (const [name, fault] of redisFaults(config)) faults.set(name, fault);
  const tenants = readRetentionTenants(config.RETENTION_TENANTS).map(([tenant]) => tenant);
  if (!faults.has("RETENTION_TENANTS") && new Set(tenants).size < tenants.length)
    faults.set("RETENTION_TENANTS", "RETENTION_TENANTS names a tenant twice");
  if (parseAddressRanges(config.WEBHOOK_ALLOW) === undefined) {
    faults.set("WEBHOOK_ALLOW", "WEBHOOK_ALLOW must be address ranges such as 10.1.0.0/16, comma-separated");
  }
  for (const name of isLoopback(config.HOST) ? [] : weakSecrets(config)) {
    if (faults.has(name)) continue;
    faults.set(
      name,
      `${name} must hold a strong secret where HOST is no loopback address: it is short, or well known`,
    );
  }
  const lines = [...faults.values(), ...rules.flatMap((rule) => rule(config) ?? [])];
  if (lines.length > 0) throw new ProblemError("config-invalid", lines.join("\n"));
  return config;
}

/** Nothing but digits is a number: 1.5, 0x10 and "true" stay text, which the schema refuses. */
function wholeNumber(text: string): number | string {
  return /^-?\d+$/.test(text) ? Number(text) : text;
}
