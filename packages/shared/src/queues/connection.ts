import { Redis } from "ioredis";

/**
 * A connection to Redis. `blocking` connections (workers, subscribers) wait for Redis for as long as it takes; the others
 * fail a command after a few tries, so that a request is answered 503 and not held.
 */
export function connectRedis(url: string, use: "commands" | "blocking"): Redis {
  const connection = new Redis(url, {
    maxRetriesPerRequest: use === "blocking" ? null : 2,
    enableReadyCheck: true,
    connectTimeout: 5_000,
    ...(use === "commands" ? { commandTimeout: 10_000 } : {}),
    retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 6), 2_000),
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
  });
  // Without a listener an outage would end the process; the commands themselves report it.
  connection.on("error", () => undefined);
  return connection;
}

/** Ends a connection whatever state it is in. */
export async function closeRedis(connection: Redis): Promise<void> {
  if (connection.status !== "ready") return connection.disconnect();
  await connection.quit().catch(() => connection.disconnect());
}
