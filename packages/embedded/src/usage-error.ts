import { type ParseArgsConfig, parseArgs } from "node:util";

/** The command line was wrong: shown with the usage, exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** `parseArgs` that says what is wrong as a UsageError. */
export function parseCommandLine<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
