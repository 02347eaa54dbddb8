import {
  checkDatabase,
  DeadLetters,
  KeyRing,
  lastUsesOfKeys,
  openBackbone,
  ProblemError,
  RedisLock,
} from "@osteon/shared";
import { asksForHelp, interrupted, type Terminal, UsageError } from "@osteon/shared/command-line";
import { analysesCommands, analysesUsage } from "./analyses.js";
import { callbackSecretsOf, configOf } from "./config.js";
import { deadLettersCommand, deadLettersUsage, type OnDamaged } from "./dead-letters.js";
import { explainProblem } from "./explain.js";
import type { InterruptibleTerminal } from "./gateway.js";
import { keysCommand, keysUsage } from "./keys.js";
import { ledgerCommand, ledgerUsage } from "./ledger.js";
import { webhooksCommand, webhooksUsage } from "./listen.js";

const usage = [
  analysesUsage(),
  webhooksUsage,
  keysUsage,
  deadLettersUsage,
  ledgerUsage,
  "npm run osteon -- [COMMAND] --help           this, or what one command takes",
].join("\n");

const usages: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.keys(analysesCommands).map((name) => [name, analysesUsage(name)])),
  webhooks: webhooksUsage,
  keys: keysUsage,
  "dead-letters": deadLettersUsage,
  ledger: ledgerUsage,
};

type Topic = (args: readonly string[], terminal: InterruptibleTerminal) => Promise<boolean>;

/** Each topic with what it does. `keys`, `dead-letters` and `ledger` work on store and Redis, as the services do; the others on a gateway. */
const topics: Readonly<Record<string, Topic>> = {
  ...analysesCommands,
  webhooks: webhooksCommand,
  keys: async (args, { out, err, env, signal }) => {
    const config = configOf(env);
    const { store, redis, close } = await openBackbone(config);
    try {
      const made = keysCommand(args, new KeyRing(store), {
        lastUses: () => lastUsesOfKeys(redis),
        err,
        callbackSecrets: callbackSecretsOf(config),
      });
      say(out, await unlessAborted(made, signal));
      return true;
    } finally {
      await close();
    }
  },
  "dead-letters": async (args, { out, err, env, signal }) => {
    const { analyses, redis, close } = await openBackbone(configOf(env));
    try {
      await checkDatabase(redis);
      const { dispatch, ledger } = analyses;
      const open = (onDamaged: OnDamaged) => {
        const letters = new DeadLetters(analyses, new RedisLock(redis), onDamaged);
        return { letters, dispatch, deliveries: ledger.deliveries };
      };
      return await deadLettersCommand(args, open, { out, err, signal });
    } finally {
      await close();
    }
  },
  ledger: async (args, { out, env, signal }) => {
    const { analyses, redis, close } = await openBackbone(configOf(env));
    try {
      await checkDatabase(redis);
      await ledgerCommand(args, analyses, { out, signal });
      return true;
    } finally {
      await close();
    }
  },
};

/** The command line `osteon`. @returns the exit code: 0, 1 where something went wrong, 2 for what was not understood */
export async function runOsteon(
  [topic = "", ...args]: readonly string[],
  terminal: InterruptibleTerminal,
): Promise<number> {
  if (topic === "help" || asksForHelp([topic, ...args])) {
    terminal.out(Object.hasOwn(usages, topic) ? (usages[topic] ?? usage) : usage);
    return 0;
  }
  const command = Object.hasOwn(topics, topic) ? topics[topic] : undefined;
  if (command === undefined) {
    terminal.err(usage);
    return 2;
  }
  try {
    return (await command(args, terminal)) ? 0 : 1;
  } catch (error) {
    if (terminal.signal.aborted) return interrupted;
    if (error instanceof UsageError) {
      terminal.err(`${error.message}\n\n${usage}`);
      return 2;
    }
    if (!(error instanceof ProblemError)) throw error;
    terminal.err(explainProblem(error));
    return 1;
  }
}

/** What comes of a step, unless it is broken off before. */
function unlessAborted<T>(step: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    if (signal.aborted) leave();
    signal.addEventListener("abort", leave, { once: true });
    step.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}

function say(out: Terminal["out"], text: string): void {
  if (text !== "") out(text);
}
