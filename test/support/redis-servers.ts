import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ensureRedisServer, freePort } from "@osteon/embedded";
import { Redis, type RedisOptions } from "ioredis";

const cache = fileURLToPath(new URL("../../../.cache/", import.meta.url));
export const tlsFolder = fileURLToPath(new URL("../../fixtures/tls/", import.meta.url));

/** A server program of a make, with what it needs to run. */
export interface RedisMake {
  name: string;
  server: string;
  env: NodeJS.ProcessEnv;
}

export async function valkey(): Promise<RedisMake> {
  return { name: "Valkey", server: await ensureRedisServer(), env: process.env };
}

/** Of Debian 12: Redis 7 with the libraries that it is linked to. */
const packages = [
  "redis-tools",
  "libjemalloc2",
  "liblzf1",
  "liblua5.1-0",
  "lua-bitop",
  "lua-cjson",
  "libhiredis0.14",
];

/** Redis 7 of Debian's packages, unpacked into the project's cache: the machine stays as it is. */
export async function redis7(): Promise<RedisMake> {
  const kept = path.join(cache, "redis-7");
  if (!existsSync(kept)) {
    mkdirSync(cache, { recursive: true });
    const aside = mkdtempSync(path.join(cache, "redis-7-"));
    await promisify(execFile)("apt-get", ["download", ...packages], { cwd: aside });
    for (const name of readdirSync(aside).filter((each) => each.endsWith(".deb")))
      await promisify(execFile)("dpkg", ["-x", path.join(aside, name), path.join(aside, "made")]);
    // The server is the program that also checks: which one it is, its name tells it.
    const bin = path.join(aside, "made", "usr", "bin");
    renameSync(path.join(bin, "redis-check-rdb"), path.join(bin, "redis-server"));
    renameSync(path.join(aside, "made"), kept);
    rmSync(aside, { recursive: true });
  }
  const libraries = readdirSync(path.join(kept, "usr", "lib")).map((each) =>
    path.join(kept, "usr", "lib", each),
  );
  return {
    name: "Redis 7",
    server: path.join(kept, "usr", "bin", "redis-server"),
    env: { ...process.env, LD_LIBRARY_PATH: libraries.join(":") },
  };
}

/** The password of every such server. */
export const password = "only the tests know";

export interface ServerOptions {
  make: RedisMake;
  /** Data and configuration go there. */
  folder: string;
  /** Lines of its configuration, beside port, folder and password. */
  config?: readonly string[];
  sentinel?: boolean;
  /** A node of a cluster. */
  cluster?: boolean;
  /** Speaks TLS alone, with the certificate of the tests. */
  tls?: boolean;
}

/** A Redis, replica, sentinel or node of a cluster, on loopback. */
export class RedisServer {
  readonly port: number;
  /** Where the nodes of a cluster talk to each other. */
  readonly busPort: number;
  readonly #child: ReturnType<typeof spawn>;
  readonly #tls: boolean;

  private constructor(
    child: ReturnType<typeof spawn>,
    { port, busPort, tls }: { port: number; busPort: number; tls: boolean },
  ) {
    this.#child = child;
    this.port = port;
    this.busPort = busPort;
    this.#tls = tls;
  }

  /** @throws Error with what the server said, where it ends instead of answering. */
  static async start(options: ServerOptions): Promise<RedisServer> {
    for (let more = 2; ; more -= 1) {
      try {
        return await RedisServer.#started(options);
      } catch (error) {
        // Another process may take a port after it was found free.
        if (more === 0 || !String(error).includes("Address already in use")) throw error;
      }
    }
  }

  static async #started(options: ServerOptions): Promise<RedisServer> {
    const { make, folder, config = [], sentinel, cluster, tls } = options;
    const port = await freePort();
    // Not the server's own choice, ten thousand above its port: any connection may have that one.
    const busPort = await freePort();
    const home = path.join(folder, String(port));
    mkdirSync(home, { recursive: true });
    const file = path.join(home, "redis.conf");
    const certificates = ["cert", "key"].map((each) => `tls-${each}-file ${tlsFolder}${each}.pem`);
    const lines = [
      "bind 127.0.0.1",
      `dir ${home}`,
      ...(tls === true
        ? [
            "port 0",
            `tls-port ${port}`,
            ...certificates,
            `tls-ca-cert-file ${tlsFolder}cert.pem`,
            "tls-auth-clients no",
          ]
        : [`port ${port}`]),
      ...(sentinel === true
        ? []
        : [`requirepass "${password}"`, "appendonly yes", 'save ""', "maxmemory-policy noeviction"]),
      ...(cluster === true ? ["cluster-enabled yes", `cluster-port ${busPort}`] : []),
      ...config,
    ];
    writeFileSync(file, `${lines.join("\n")}\n`);
    const log = path.join(home, "log");
    const said = openSync(log, "w");
    const child = spawn(make.server, [file, ...(sentinel === true ? ["--sentinel"] : [])], {
      env: make.env,
      stdio: ["ignore", said, said],
    });
    closeSync(said);
    process.once("exit", () => child.kill("SIGKILL"));
    const ended = once(child, "exit").then(() => {
      throw new Error(`${make.name} ended:\n${readFileSync(log, "utf8")}`);
    });
    const server = new RedisServer(child, { port, busPort, tls: tls === true });
    const answered = (client: Redis) => Promise.race([client.ping(), ended]);
    await server.use(answered, sentinel === true ? {} : { password });
    return server;
  }

  /** As a service is told of it. */
  get url(): string {
    return `redis${this.#tls ? "s" : ""}://:${encodeURIComponent(password)}@127.0.0.1:${this.port}`;
  }

  async use<T>(
    step: (client: Redis) => Promise<T>,
    options: Pick<RedisOptions, "password"> = { password },
  ): Promise<T> {
    const client = new Redis({
      port: this.port,
      maxRetriesPerRequest: null,
      retryStrategy: () => 50,
      ...(this.#tls ? { tls: { rejectUnauthorized: false } } : {}),
      ...options,
    });
    client.on("error", () => undefined);
    try {
      return await step(client);
    } finally {
      client.disconnect();
    }
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    this.#child.kill(signal);
    await gone;
  }
}
