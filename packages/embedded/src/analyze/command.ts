import { mkdirSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { disclaimer, interrupted, onStopSignal, printable, UsageError } from "@osteon/shared/command-line";
import { Presets, SingleBar } from "cli-progress";
import { namesRedis } from "../given-redis.js";
import { occupantOf } from "../lock.js";
import { defaultDataDir, userCwd } from "../paths.js";
import { processIdentity } from "../pid-file.js";
import { removeDataDir, startSystem } from "../system.js";
import { type Accuracy, accuracyOf } from "./accuracy.js";
import { type Examination, examine, type Refusal } from "./examine.js";
import { type FilmFile, findFilms } from "./films.js";
import { accuracyTable, filmTable } from "./table.js";

export interface AnalyzeOptions {
  json: boolean;
  verbose: boolean;
  /**
   * Gateway to use. Default: of the Osteon that runs on DATA_DIR, unless the environment names models; else of one that is started
   * for this and ended after.
   */
  url?: string;
  cwd?: string;
  /** Gets the table or the JSON. Default: standard output. */
  print?: (text: string) => void;
  /** Gets what is said on the way. Default: standard error. */
  say?: (text: string) => void;
}

/** What `--json` prints. */
export interface AnalyzeReport {
  films: (Omit<FilmFile, "shown"> & { analysis?: unknown; error?: Refusal })[];
  skipped: string[];
  accuracy?: Accuracy;
  disclaimer: string;
}

/** What a user sets to have other answers: a system that runs already does not know it. */
const modelSettings = ["MODELS_DIR", "INFERENCE_ENGINE", "INFERENCE_PRECISION", "OPERATING_POINTS"] as const;

type Examined = FilmFile & { examination: Examination };

/** `npm start -- analyze …`: resolves with the exit code, 1 if any film has no answer. @throws UsageError */
export async function analyzeCommand(paths: readonly string[], options: AnalyzeOptions): Promise<number> {
  if (paths.length === 0) throw new UsageError("analyze needs a file or folder.");
  const print = options.print ?? ((text) => process.stdout.write(`${text}\n`));
  const say = options.say ?? ((text) => process.stderr.write(`${text}\n`));
  const { films, skipped } = await findFilms(paths, options.cwd ?? userCwd());
  if (skipped.length > 0 && !options.json)
    say(
      `Left out, no films by their names or not to be read: ${skipped.length} (${printable(first(skipped))})`,
    );
  const stopping = new AbortController();
  const signals = onStopSignal(
    () => stopping.abort(),
    () => process.exit(interrupted),
  );
  const system = await openSystem(options, say, stopping.signal).catch((error: unknown) => {
    signals.off();
    if (stopping.signal.aborted) return undefined;
    throw error;
  });
  if (system === undefined) return interrupted;
  try {
    const examined = await examineAll(films, system, stopping.signal);
    const accuracy = accuracyOf(examined);
    print(
      options.json
        ? JSON.stringify(report(examined, skipped, accuracy), undefined, 2)
        : pretty(examined, accuracy),
    );
    return examined.every(({ examination }) => isAnswer(examination)) ? 0 : 1;
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
    say("Broken off.");
    return interrupted;
  } finally {
    await system.close(stopping.signal.aborted);
    signals.off();
  }
}

interface OpenSystem {
  url: string;
  /** Of a system that was there before; one that runs for this command alone needs none. */
  key?: string;
  close(force: boolean): Promise<void>;
}

/**
 * The running Osteon, or one for this once. That one works on a folder that goes with it, so nothing of the films stays;
 * with somebody else's Redis it works on DATA_DIR itself: two stores behind one Redis would mix their jobs.
 */
async function openSystem(
  options: AnalyzeOptions,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<OpenSystem> {
  const running = options.url ?? (await runningAddress());
  const own = options.url === undefined ? modelSettings.filter((name) => process.env[name]) : [];
  const key = process.env.OSTEON_KEY;
  if (running !== undefined && own.length === 0) {
    say(`Asking the Osteon that runs at ${running}, with its models`);
    return { url: running, ...(key ? { key } : {}), close: async () => undefined };
  }
  say(
    running === undefined
      ? "Starting Osteon for these films"
      : `Starting Osteon for these films: the one that runs at ${running} may have been started without ${own.join(", ")}`,
  );
  // On loopback, for this command alone: nobody has a key of it.
  const env = { AUTH: "off" };
  const start = { port: 0, host: "127.0.0.1", verbose: options.verbose, say, signal, env };
  if (namesRedis(process.env)) {
    const system = await startSystem(start);
    return { url: system.url, close: (force) => system.stop({ force }) };
  }
  const runs = join(defaultDataDir(), "runs");
  mkdirSync(runs, { recursive: true, mode: 0o700 });
  await removeAbandoned(runs);
  const dataDir = join(runs, String(process.pid));
  try {
    const files = { ...env, S3_BUCKET: "", S3_ENDPOINT: "" };
    const system = await startSystem({ ...start, dataDir, redisUrl: null, env: files });
    return {
      url: system.url,
      close: async (force) => {
        await system.stop({ force });
        await removeDataDir(dataDir);
      },
    };
  } catch (error) {
    // The logs stay where they say why; being broken off needs no explanation.
    if (signal.aborted) await removeDataDir(dataDir);
    throw error;
  }
}

/** Address of the Osteon on DATA_DIR, if it answers. */
async function runningAddress(): Promise<string | undefined> {
  const address = occupantOf(defaultDataDir())?.address;
  if (address === undefined) return undefined;
  const answer = await fetch(`${address}/livez`, { signal: AbortSignal.timeout(5_000) }).catch(
    () => undefined,
  );
  await answer?.body?.cancel();
  return answer?.ok === true ? address : undefined;
}

/** What runs left that were killed. */
async function removeAbandoned(runs: string): Promise<void> {
  for (const name of readdirSync(runs)) {
    const ended = processIdentity(Number(name)) === undefined;
    if (ended && occupantOf(join(runs, name)) === undefined) await removeDataDir(join(runs, name));
  }
}

async function examineAll(
  films: readonly FilmFile[],
  { url, key }: Pick<OpenSystem, "url" | "key">,
  signal: AbortSignal,
): Promise<Examined[]> {
  const examined: Examined[] = [];
  const bar = process.stderr.isTTY
    ? new SingleBar(
        { format: "{bar} {value}/{total} films, {eta_formatted} left", stream: process.stderr },
        Presets.shades_classic,
      )
    : undefined;
  bar?.start(films.length, 0);
  const where = { url, ...(key === undefined ? {} : { key }), signal };
  let next = 0;
  const lane = async () => {
    for (let at = next++; at < films.length; at = next++) {
      const film = films[at];
      if (film === undefined) return;
      examined[at] = { ...film, examination: await examine(film.path, where) };
      bar?.increment();
    }
  };
  try {
    // Enough that no worker waits for us, few enough that the films in memory stay few.
    await Promise.all(Array.from({ length: Math.min(films.length, 4 + 2 * availableParallelism()) }, lane));
  } finally {
    bar?.stop();
  }
  return examined;
}

function isAnswer(examination: Examination): boolean {
  return "analysis" in examination && examination.analysis.status === "completed";
}

function pretty(examined: readonly Examined[], accuracy: Accuracy | undefined): string {
  const parts = [filmTable(examined)];
  if (accuracy !== undefined) parts.push(accuracyTable(accuracy));
  const details = examined.flatMap(({ shown, examination }) =>
    "refusal" in examination ? [printable(`${shown}: ${examination.refusal.detail}`)] : [],
  );
  if (details.length > 0) parts.push(details.join("\n"));
  return [...parts, disclaimer].join("\n\n");
}

function report(
  examined: readonly Examined[],
  skipped: string[],
  accuracy: Accuracy | undefined,
): AnalyzeReport {
  return {
    films: examined.map(({ path, truth, examination }) => ({
      path,
      ...(truth === undefined ? {} : { truth }),
      ...("analysis" in examination ? { analysis: examination.analysis } : { error: examination.refusal }),
    })),
    skipped,
    ...(accuracy === undefined ? {} : { accuracy }),
    disclaimer,
  };
}

function first(names: readonly string[]): string {
  return names.length > 3 ? `${names.slice(0, 3).join(", ")}, ...` : names.join(", ");
}
