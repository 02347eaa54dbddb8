import { checkDatabase, connectRedis, type RedisConnection, type RedisTarget } from "@osteon/shared/redis";
import { StartError } from "./start-error.js";
import { within } from "./within.js";

/** What says where a Redis is that somebody else runs, and how to come to it. */
const settingsOfOthers = [
  "REDIS_URL",
  "REDIS_CLUSTER",
  "REDIS_CA_FILE",
  "REDIS_SENTINELS",
  "REDIS_SENTINEL_MASTER",
  "REDIS_SENTINEL_PASSWORD",
] as const;

/** Whether the environment names a Redis that somebody else runs: sentinels and a cluster may be named without a `REDIS_URL`. */
export function namesRedis(env: NodeJS.ProcessEnv): boolean {
  return Boolean(env.REDIS_URL || env.REDIS_SENTINELS) || env.REDIS_CLUSTER === "on";
}

/** The environment for a Redis of our own: nothing of another's is left in it. */
export function withoutRedis(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const left = { ...env };
  for (const name of settingsOfOthers) delete left[name];
  return left;
}

/** Time that a Redis somebody else runs has to answer, milliseconds: also one that is found by way of others. */
const checkMs = 15_000;

/** Checks a Redis that somebody else runs. @throws StartError if it does not answer, or lacks the database that is asked for */
export async function checkRedis(target: RedisTarget): Promise<void> {
  let client: RedisConnection | undefined;
  let answers = false;
  let met: Error | undefined;
  try {
    client = connectRedis(target, "commands");
    // A command that fails says only that its tries are used up, or its time.
    client.on("error", (error: Error) => {
      met = error;
    });
    const late = () => new Error(`not within ${checkMs / 1000} s`);
    await within(checkMs, client.ping(), late);
    answers = true;
    await within(checkMs, checkDatabase(client), late);
  } catch (error) {
    const fault = answers ? `cannot be used: ${causeOf(error)}` : `does not answer: ${causeOf(met ?? error)}`;
    throw new StartError(`Redis at ${placesOf(target)} ${fault}`);
  } finally {
    client?.disconnect();
  }
}

/** What an error says: of a name with several addresses each one's own says it. */
function causeOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(causeOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}

/** Where it is looked for, without its password. */
function placesOf({ REDIS_URL, REDIS_SENTINELS }: RedisTarget): string {
  if (REDIS_SENTINELS !== undefined) return `${REDIS_SENTINELS} (REDIS_SENTINELS)`;
  const hosts = REDIS_URL.split(",").map((url) => (URL.canParse(url) ? new URL(url).host : "?"));
  return `${hosts.join(", ")} (REDIS_URL)`;
}
