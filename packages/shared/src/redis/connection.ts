import { type Config, readCa } from "../config/index.js";
import { type RedisOptions as AllOptions, Cluster, type ClusterNode, Redis } from "../libraries/redis.js";

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
