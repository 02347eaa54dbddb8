import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import {
  interrupted,
  onStopSignal,
  outliveReaders,
  parseCommand,
  UsageError,
} from "@osteon/shared/command-line";
import { analyzeCommand } from "./analyze/command.js";
import { repoRoot, userCwd } from "./paths.js";
import { StartError } from "./start-error.js";
import { type SystemOptions, startSystem } from "./system.js";

const usage = `Usage:
  npm start                                    runs Osteon until Ctrl-C
  npm start -- analyze FILE|FOLDER... [--json] examines films and prints a table
Options:
  --verbose   shows every log line (all of them are in DATA_DIR/logs)
  --help, -h  shows this
Variables: HOST (127.0.0.1), PORT (8080; 0 takes a free one), DATA_DIR (.osteon), REDIS_URL, MODELS_DIR, LOG_LEVEL,
  INFERENCE_ENGINE, INFERENCE_PRECISION, OPERATING_POINTS, OSTEON_KEY (osk_…, for analyze where the running Osteon has keys)
analyze asks the Osteon that runs on DATA_DIR; where models, engine, precision or operating points are set, it starts one of its own.
Research use only. Not a medical device.`;

/** The command line of `npm start`; resolves with the exit code. `options` are what a test runs instead of the real system. */
export async function main(args: readonly string[], options: SystemOptions = {}): Promise<number> {
  outliveReaders();
  try {
    const { values, positionals } = parseCommand(args, {
      help: { type: "boolean", short: "h" },
      verbose: { type: "boolean" },
      json: { type: "boolean" },
    });
    const [command, ...paths] = positionals;
    const verbose = values.verbose ?? ["debug", "trace"].includes(process.env.LOG_LEVEL ?? "");
    if (values.help === true) {
      process.stdout.write(`${usage}\n`);
      return 0;
    }
    if (command === "analyze") return await analyzeCommand(paths, { json: values.json ?? false, verbose });
    if (command !== undefined) throw new UsageError(`There is no command "${command}".`);
    if (values.json === true) throw new UsageError("--json belongs to analyze.");
    return await serve({ ...options, verbose });
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`${error.message}\n\n${usage}\n`);
      return 2;
    }
    if (!(error instanceof StartError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

/** Runs the system until it is asked to end. */
async function serve(options: SystemOptions): Promise<number> {
  const starting = new AbortController();
  let asked: () => void = () => starting.abort();
  let forced: () => void = () => process.exit(interrupted);
  const signals = onStopSignal(
    () => asked(),
    () => forced(),
  );
  try {
    const system = await startSystem({ ...options, say, signal: starting.signal });
    const keys = (options.env?.AUTH ?? process.env.AUTH) === "keys";
    process.stdout.write(`${readyLine(system.url, { keys })}\n`);
    let force = false;
    forced = () => {
      force = true;
      void system.stop({ force });
    };
    await new Promise<void>((resolve) => {
      asked = resolve;
    });
    say("Stopping: what is in hand is finished first (Ctrl-C again does not wait)");
    await system.stop();
    return force ? interrupted : 0;
  } catch (error) {
    if (starting.signal.aborted) return 0;
    throw error;
  } finally {
    signals.off();
  }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Address and a call that works as it stands, from where the user is; where keys are on, with a key in the place that it has. */
export function readyLine(url: string, { cwd = userCwd(), keys = false } = {}): string {
  const sample = join(repoRoot, "models", "bodypart", "warmup.png");
  const path = existsSync(sample) ? relative(cwd, sample) : "film.png";
  const film = /^[\w./-]+$/.test(path) ? path : `"${path}"`;
  const key = keys ? '-H "Authorization: Bearer osk_…" ' : "";
  return `Osteon is ready: ${url}  try: curl ${key}-F film=@${film} ${url}/v1/analyses`;
}
