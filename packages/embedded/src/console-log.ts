const levels = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
type Level = (typeof levels)[number];

/** Fields of a log line that the console leaves out: they are said otherwise, or only matter in the file. */
const hidden = new Set(["time", "level", "service", "pid", "hostname", "msg", "err"]);

/** What of all logs the person at the terminal sees: from `warn` up, or everything. */
export class ConsoleLog {
  readonly #verbose: boolean;
  readonly #write: (line: string) => void;

  constructor(options: { verbose?: boolean; write?: (line: string) => void } = {}) {
    this.#verbose = options.verbose ?? false;
    this.#write = options.write ?? ((line) => process.stderr.write(`${line}\n`));
  }

  /** A line of pino's JSON that `source` logged. Anything else (a library that prints) counts as `info`. */
  relay(source: string, line: string): void {
    const entry = parse(line);
    if (entry === undefined) {
      this.say("info", source, line);
      return;
    }
    const level = levelOf(entry.level);
    if (!this.#shows(level)) return;
    const rest = Object.entries(entry).filter(([key]) => !hidden.has(key));
    const error = entry.err as { message?: unknown } | undefined;
    const parts = [String(entry.msg ?? "")];
    if (typeof error?.message === "string") parts.push(`: ${error.message}`);
    if (rest.length > 0) parts.push(` ${JSON.stringify(Object.fromEntries(rest))}`);
    this.say(level, source, parts.join(""));
  }

  say(level: Level, source: string, message: string): void {
    if (!this.#shows(level)) return;
    this.#write(`${new Date().toISOString().slice(11, 19)} ${level.padEnd(5)} ${source}: ${message}`);
  }

  #shows(level: Level): boolean {
    return this.#verbose || levels.indexOf(level) >= levels.indexOf("warn");
  }
}

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** pino's levels by name, or by number (10 trace … 60 fatal). */
function levelOf(level: unknown): Level {
  if (typeof level === "number")
    return levels[Math.min(Math.max(Math.round(level / 10) - 1, 0), 5)] ?? "info";
  return levels.find((each) => each === level) ?? "info";
}
