import { KeyRing, loadConfig, openBackbone, openStore, ProblemError } from "@osteon/shared";
import { deadLettersCommand, deadLettersUsage } from "./dead-letters.js";
import { explain, keysCommand, keysUsage, UsageError } from "./keys.js";

const usage = `${keysUsage}\n${deadLettersUsage}`;

/** Each topic with what it does; all work on the store that the environment names, as the services do. */
const topics: Record<string, (args: readonly string[]) => Promise<string>> = {
  keys: async (args) => {
    const store = openStore(loadConfig(process.env));
    try {
      return await keysCommand(args, new KeyRing(store));
    } finally {
      await store.close();
    }
  },
  "dead-letters": async (args) => {
    const { analyses, close } = openBackbone(loadConfig(process.env));
    try {
      const { dispatch, ledger } = analyses;
      return await deadLettersCommand(args, { dispatch, deliveries: ledger.deliveries });
    } finally {
      await close();
    }
  },
};

/** `npm run osteon -- …`. @returns the exit code */
async function main([topic = "", ...args]: string[]): Promise<number> {
  const command = Object.hasOwn(topics, topic) ? topics[topic] : undefined;
  if (command === undefined) {
    process.stderr.write(`${usage}\n`);
    return 2;
  }
  try {
    const text = await command(args);
    process.stdout.write(text === "" ? "" : `${text}\n`);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`${error.message}\n\n${usage}\n`);
      return 2;
    }
    if (!(error instanceof ProblemError)) throw error;
    process.stderr.write(`${explain(error)}\n`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
