import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheDir } from "../../src/paths.js";
import type { EnsureOptions } from "../../src/redis-program.js";
import { type CommandResult, runCommand } from "../../src/run-command.js";
import { StartError } from "../../src/start-error.js";

/** A program that tests need and Go builds. */
export interface GoProgram {
  /** What it is kept as, with its version. */
  name: string;
  version: string;
  /** Its path, as Go names it. */
  program: string;
  /** Folder of the module that it is built in; without one the program's own module does. */
  module?: string;
  tags?: string;
}

const versitygw: GoProgram = {
  name: "versitygw",
  version: "v1.8.0",
  program: "github.com/versity/versitygw/cmd/versitygw",
};

/** Path of the S3 server of the tests, VersityGW. */
export function ensureS3Server(options: EnsureOptions = {}): Promise<string> {
  return installGoProgram(versitygw, options);
}

/**
 * Path of a program that is built with Go, once, into the project's cache: some minutes.
 *
 * @throws StartError with Go's last words where it cannot be built.
 */
export async function installGoProgram(
  { name, version, program, module, tags }: GoProgram,
  { cache = cacheDir, say, env = process.env }: EnsureOptions = {},
): Promise<string> {
  const bin = join(cache, "bin");
  const kept = join(bin, `${name}-${version}`);
  if (existsSync(kept)) return kept;
  say?.(`Building ${name} ${version}: once, some minutes`);
  mkdirSync(bin, { recursive: true });
  const aside = mkdtempSync(join(bin, "build-"));
  const flags = ["-trimpath", "-ldflags", "-s -w", ...(tags === undefined ? [] : ["-tags", tags])];
  try {
    const { code, output } =
      module === undefined
        ? await go(["install", ...flags, `${program}@${version}`], { env: { ...env, GOBIN: aside } })
        : await go(["build", ...flags, "-o", join(aside, name), program], { cwd: module, env });
    if (code !== 0) throw notBuilt(`${name}-${version}`, output);
    const [built = ""] = readdirSync(aside);
    renameSync(join(aside, built), kept);
    return kept;
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

/** A build takes all cores for minutes; `nice` leaves them to whoever waits for an answer. */
function go(args: readonly string[], options: Parameters<typeof runCommand>[2]): Promise<CommandResult> {
  if (process.platform === "win32") return runCommand("go", args, options);
  return runCommand("nice", ["-n", "10", "go", ...args], options);
}

function notBuilt(file: string, output: string): StartError {
  return new StartError(
    `The tests need ${file}, which Go did not build: ${output.split("\n").slice(-8).join("\n")}\n` +
      `Install Go 1.25 or later, or put the program at .cache/bin/${file}.`,
  );
}
