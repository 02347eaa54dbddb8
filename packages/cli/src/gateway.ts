import type { ParseArgsConfig } from "node:util";
import { Osteon } from "@osteon/client";
import { type Terminal, UsageError } from "@osteon/shared/command-line";

/** Options of every command that speaks to a gateway. */
export const gatewayOptions = {
  url: { type: "string" },
  key: { type: "string" },
  json: { type: "boolean" },
} as const satisfies NonNullable<ParseArgsConfig["options"]>;

export interface GatewayValues {
  url?: string | undefined;
  key?: string | undefined;
}

/**
 * The gateway that the command or the environment names, else the one of `npm start`.
 *
 * @param timeoutMs time for one try, where it is not the client's own
 * @throws UsageError
 */
export function gatewayOf({ url, key }: GatewayValues, env: NodeJS.ProcessEnv, timeoutMs?: number): Osteon {
  const given = key ?? env.OSTEON_KEY;
  try {
    return new Osteon({
      url: url ?? (env.OSTEON_URL || "http://127.0.0.1:8080"),
      ...(given === undefined || given === "" ? {} : { key: given }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** A terminal at which a command may be broken off. */
export interface InterruptibleTerminal extends Terminal {
  readonly signal: AbortSignal;
}
