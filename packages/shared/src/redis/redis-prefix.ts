import { databaseOf, type RedisConnection } from "./connection.js";

/** Every key of ours in Redis begins with it. Braces keep a queue's keys in one slot of a cluster. */
export const redisPrefix = "{osteon}";

/**
 * Name of a channel. Redis's channels are those of all its databases at once, so each database has names of its own; those of database 0
 * have no number.
 */
export function channelOf(connection: RedisConnection, name: string): string {
  const database = databaseOf(connection);
  return `${redisPrefix}:${name}${database === 0 ? "" : `:${database}`}`;
}
