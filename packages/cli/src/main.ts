import { KeyRing, loadConfig, openStore, ProblemError } from "@osteon/shared";
import { explain, keysCommand, keysUsage, UsageError } from "./keys.js";

/** `npm run osteon -- …`: works on the store that the environment names, as the services do. */
async function main([topic, ...args]: string[]): Promise<number> {
  if (topic !== "keys") {
    process.stderr.write(`${keysUsage}\n`);
    return 2;
  }
  try {
    const store = openStore(loadConfig(process.env));
    try {
      const text = await keysCommand(args, new KeyRing(store));
      process.stdout.write(text === "" ? "" : `${text}\n`);
      return 0;
    } finally {
      await store.close();
    }
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`${error.message}\n\n${keysUsage}\n`);
      return 2;
    }
    if (!(error instanceof ProblemError)) throw error;
    process.stderr.write(`${explain(error)}\n`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
