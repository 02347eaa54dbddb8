import { type Logger, pino } from "pino";
import type { Config } from "../config/index.js";
import { activeIds } from "./tracing.js";

export type { Logger } from "pino";

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
      redact: {
        paths: ["req.headers.authorization", "req.headers.cookie", "req.url", "*.password", "*.secret"],
        remove: true,
      },
    },
    pino.destination({ sync: true }),
  );
}
