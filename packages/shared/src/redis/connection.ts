import { type Config, readCa } from "../config/index.js";
import {
  type RedisOptions as AllOptions,
  Cluster,
  type ClusterNode,
  Redis,
  ReplyError,
} from "../libraries/redis.js";
import { ProblemError } from "../problems/index.js";

/** A connection to one Redis, or to a cluster of them: the commands are the same. */
export type RedisConnection = Redis | Cluster;

/** What of the configuration says where Redis is. */
export type RedisTarget = Pick<Config, "REDIS_URL"> &
  Partial<
    Pick<
      Config,
      | "REDIS_CLUSTER"
      | "REDIS_CA_FILE"
      | "REDIS_SENTINELS"
      | "REDIS_SENTINEL_MASTER"
      | "REDIS_SENTINEL_PASSWORD"
    >
  >;

type RedisOptions = Omit<AllOptions, "replyMapping">;

/** Longer than a worker waits for a job in one command: a connection that says nothing for this long is dead. */
const silentMs = 15_000;
/** What is asked while a request is held is answered, or has failed, within this time. */
const commandMs = 10_000;

/**
 * A connection to Redis. `blocking` connections (workers, subscribers) wait for Redis for as long as it takes; the others
 * fail a command after a few tries, so that a request is answered 503 and not held.
 * @param target where it is; a text is a `REDIS_URL`
 */
export function connectRedis(target: RedisTarget | string, use: "commands" | "blocking"): RedisConnection {
  const where = typeof target === "string" ? { REDIS_URL: target } : target;
  const urls = where.REDIS_URL.split(",");
  const options = { ...baseOptions(use), ...credentials(where, urls[0] ?? "") };
  const connection =
    where.REDIS_CLUSTER === "on"
      ? clusterOf(urls, options)
      : new Redis({ ...options, ...placeOf(where, urls[0] ?? "") });
  // Without a listener an outage would end the process; the commands themselves report it.
  connection.on("error", () => undefined);
  return connection;
}

/** Calls `then` whenever the masters of a cluster are others than they were; never for a single Redis. */
export function onOtherMasters(connection: RedisConnection, then: () => void): void {
  if (!(connection instanceof Cluster)) return;
  let known: string | undefined;
  connection.on("refresh", () => {
    const masters = connection.nodes("master").map(({ options }) => `${options.host}:${options.port}`);
    const now = masters.sort().join();
    if (known !== undefined && known !== now) then();
    known = now;
  });
}

/** Number of the database that a connection is for. A cluster has one. */
export function databaseOf(connection: RedisConnection): number {
  return connection instanceof Cluster ? 0 : (connection.options.db ?? 0);
}

/**
 * Makes sure that Redis has the database that a connection is for: where it has not, the client goes on in database 0, which may be
 * another Osteon's.
 *
 * @throws ProblemError `config-invalid` where Redis does not have it, or does not let this user take it
 */
export async function checkDatabase(connection: RedisConnection): Promise<void> {
  const database = databaseOf(connection);
  if (database === 0) return;
  try {
    await connection.select(database);
  } catch (error) {
    if (!(error instanceof ReplyError)) throw error;
    const detail = `REDIS_URL names database ${database}, which Redis does not give: ${(error as Error).message}.`;
    throw new ProblemError("config-invalid", detail, { cause: error });
  }
}

/** Ends a connection whatever state it is in. */
export async function closeRedis(connection: RedisConnection): Promise<void> {
  if (connection.status !== "ready") return connection.disconnect();
  await connection.quit().catch(() => connection.disconnect());
}

const retryMs = (attempt: number) => Math.min(50 * 2 ** Math.min(attempt, 6), 2_000);

function baseOptions(use: "commands" | "blocking"): RedisOptions {
  return {
    maxRetriesPerRequest: use === "blocking" ? null : 2,
    enableReadyCheck: true,
    connectTimeout: 5_000,
    socketTimeout: silentMs,
    ...(use === "commands" ? { commandTimeout: commandMs } : {}),
    retryStrategy: retryMs,
    // A master that became a replica: the connection is made anew, and finds the new master.
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
  };
}

function credentials({ REDIS_CA_FILE }: RedisTarget, url: string): RedisOptions {
  const { username, password, protocol } = new URL(url);
  return {
    ...(username === "" ? {} : { username: decodeURIComponent(username) }),
    ...(password === "" ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === "rediss:" ? { tls: tlsOf(REDIS_CA_FILE) } : {}),
  };
}

function tlsOf(caFile: string | undefined): NonNullable<RedisOptions["tls"]> {
  return caFile === undefined ? {} : { ca: readCa("REDIS_CA_FILE", caFile) };
}

function nodeOf(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 6379) };
}

function placeOf(target: RedisTarget, url: string): RedisOptions {
  const db = Number(new URL(url).pathname.slice(1) || 0);
  const { REDIS_SENTINELS, REDIS_SENTINEL_MASTER, REDIS_SENTINEL_PASSWORD } = target;
  if (REDIS_SENTINELS === undefined) return { ...nodeOf(url), db };
  return {
    db,
    sentinels: REDIS_SENTINELS.split(",").map((each) => nodeOf(`redis://${each}`)),
    name: REDIS_SENTINEL_MASTER ?? "osteon",
    ...(REDIS_SENTINEL_PASSWORD === undefined ? {} : { sentinelPassword: REDIS_SENTINEL_PASSWORD }),
    sentinelRetryStrategy: retryMs,
  };
}

function clusterOf(urls: readonly string[], redisOptions: RedisOptions): Cluster {
  const nodes: ClusterNode[] = urls.map(nodeOf);
  const { retryStrategy: _, ...each } = redisOptions;
  const cluster = new Cluster(nodes, {
    redisOptions: each,
    clusterRetryStrategy: retryMs,
    // A node that is asked by name must be reached by name where it shows a certificate.
    ...(each.tls === undefined
      ? {}
      : {
          dnsLookup: (address: string, found: (error: null, address: string) => void) => found(null, address),
        }),
  });
  if (each.commandTimeout !== undefined) limitQueued(cluster, each.commandTimeout);
  return cluster;
}

/** A cluster that is wholly away keeps commands in a queue of its own, to which its nodes' limit of time does not go. */
function limitQueued(cluster: Cluster, milliseconds: number): void {
  const send = cluster.sendCommand.bind(cluster);
  cluster.sendCommand = (command, ...rest) => {
    command.setTimeout(milliseconds);
    return send(command, ...rest);
  };
}
