import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
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
  /** Speaks TLS alone, with the certificate of the tests. */
  tls?: boolean;
}

/** A Redis, replica, sentinel or node of a cluster, on loopback. */
export class RedisServer {
  readonly port: number;
  readonly #child: ReturnType<typeof spawn>;
  readonly #tls: boolean;

  private constructor(child: ReturnType<typeof spawn>, port: number, tls: boolean) {
    this.#child = child;
    this.port = port;
    this.#tls = tls;
  }

  static async start({ make, folder, config = [], sentinel, tls }: ServerOptions): Promise<RedisServer> {
    const port = await freePort();
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
      ...config,
    ];
    writeFileSync(file, `${lines.join("\n")}\n`);
    const child = spawn(make.server, [file, ...(sentinel === true ? ["--sentinel"] : [])], {
      env: make.env,
      stdio: "ignore",
    });
    process.once("exit", () => child.kill("SIGKILL"));
    const server = new RedisServer(child, port, tls === true);
    await server.use((client) => client.ping(), sentinel === true ? {} : { password });
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
