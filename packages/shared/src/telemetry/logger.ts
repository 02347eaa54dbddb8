import type { Config } from "../config/index.js";
import { type Logger, pino } from "../libraries/telemetry.js";
import { activeIds } from "./tracing.js";

export type { Logger } from "../libraries/telemetry.js";

/**
 * JSON lines on standard output. Only ids, codes, counts and times are logged: never content, names, URLs or secrets.
 * A line is with its reader when the call returns, so that a process that ends itself is heard.
 */
export function createLogger(service: string, config: Pick<Config, "LOG_LEVEL">): Logger {
  return pino(
    {
      level: config.LOG_LEVEL,
      base: { service, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: activeIds,
      serializers: { err: describe },
      redact: {
        // Libraries log at `trace` what they were given, and keys and sessions come as headers.
        paths: ["*.headers", "req.url", "*.password", "*.secret"],
        remove: true,
      },
    },
    pino.destination({ sync: true }),
  );
}

/**
 * What is told of an error. Libraries put more on theirs, and some of it is secret: ioredis the refused command with its arguments,
 * so the password of a connection.
 */
function describe(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error };
  const { code, cause } = error as NodeJS.ErrnoException;
  return {
    type: error.name,
    message: error.message,
    ...(typeof code === "string" ? { code } : {}),
    stack: error.stack,
    ...(cause === undefined ? {} : { cause: describe(cause) }),
    ...(error instanceof AggregateError ? { errors: error.errors.map(describe) } : {}),
  };
}
