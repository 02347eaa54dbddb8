import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheDir } from "./paths.js";
import type { EnsureOptions } from "./redis-program.js";
import { runCommand } from "./run-command.js";
import { StartError } from "./start-error.js";

const module = "github.com/versity/versitygw/cmd/versitygw";
const version = "v1.8.0";

/** Path of the S3 server of the tests, VersityGW: built once with Go into the project's cache, some three minutes. */
export async function ensureS3Server({
  cache = cacheDir,
  say,
  env = process.env,
}: EnsureOptions = {}): Promise<string> {
  const kept = join(cache, "bin", `versitygw-${version}`);
  if (existsSync(kept)) return kept;
  mkdirSync(join(cache, "bin"), { recursive: true });
  const aside = mkdtempSync(join(cache, "bin", "build-"));
  try {
    if ((await runCommand("go", ["version"], { env })).code !== 0)
      throw noServer("there is no Go to build it");
    say?.(`Building the S3 server of the tests, VersityGW ${version}: once, some three minutes`);
    // A build takes all cores for minutes; `nice` leaves them to whoever waits for an answer.
    const [command, ...args] = process.platform === "win32" ? ["go"] : ["nice", "-n", "10", "go"];
    const result = await runCommand(command ?? "go", [...args, "install", `${module}@${version}`], {
      env: { ...env, GOBIN: aside },
    });
    if (result.code !== 0) throw noServer(result.output.split("\n").slice(-8).join("\n"));
    renameSync(join(aside, "versitygw"), kept);
    return kept;
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

function noServer(why: string): StartError {
  return new StartError(
    `The tests need a real S3 server, VersityGW ${version}: ${why}\n` +
      `Install Go 1.25 or later, or put a versitygw at .cache/bin/versitygw-${version}.`,
  );
}
