import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import {
  type Analysis,
  type Bone,
  isEnded,
  type NamedFilm,
  type Priority,
  TimeoutError,
} from "@osteon/client";
import { parseCommand, printable, UsageError, userCwd } from "@osteon/shared/command-line";
import { describeAnalysis } from "./describe.js";
import { explainError } from "./explain.js";
import { gatewayOf, gatewayOptions, type InterruptibleTerminal } from "./gateway.js";

const head = "npm run osteon -- COMMAND [--url URL] [--key osk_…] [--json]     (or OSTEON_URL, OSTEON_KEY)";

/** What each command is called with. */
const calls: Readonly<Record<string, string>> = {
  analyze: `  analyze FILE… [--exam]                     each file an analysis of its own, or all views of one exam; waits for the ends
          [--reference TEXT] [--callback-url URL] [--region-hint PART] [--priority urgent]
          [--timeout SECONDS]                of one try of a call, beside the time that the films take by their size (120)`,
  get: "  get ID… [--wait SECONDS]                   analyses as they stand; with --wait at their ends, where these come in time",
  watch: "  watch ID…                                  each state until the end",
  cancel: "  cancel ID…                                 cancels what has not ended",
  erase: "  erase ID…                                  erases every trace",
};

/** The usage of one of the commands, or of all. */
export function analysesUsage(command?: string): string {
  return [head, ...(command === undefined ? Object.values(calls) : [calls[command]])].join("\n");
}

/** Files that are on their way at once. */
const atOnce = 4;

/** Seconds; more than a day is no limit that anybody means, and what timers count to is not far. */
const longestTimeout = 86_400;

type Command = (args: readonly string[], terminal: InterruptibleTerminal) => Promise<boolean>;

/** The commands on analyses; each resolves with whether all went well. @throws UsageError */
export const analysesCommands: Readonly<Record<string, Command>> = {
  async analyze(args, terminal) {
    const { values, positionals } = parseCommand(args, {
      ...gatewayOptions,
      exam: { type: "boolean" },
      reference: { type: "string" },
      "callback-url": { type: "string" },
      "region-hint": { type: "string" },
      priority: { type: "string" },
      timeout: { type: "string" },
    });
    if (positionals.length === 0) throw new UsageError("analyze needs files.");
    const timeout = values.timeout === undefined ? undefined : Number(values.timeout);
    if (timeout !== undefined && !(timeout > 0 && timeout <= longestTimeout))
      throw new UsageError(`--timeout is a number of seconds, at most ${longestTimeout}.`);
    const client = gatewayOf(values, terminal.env, timeout === undefined ? undefined : timeout * 1000);
    const fields = {
      ...(values.reference === undefined ? {} : { reference: values.reference }),
      ...(values["callback-url"] === undefined ? {} : { callbackUrl: values["callback-url"] }),
      // What they may be, the gateway knows.
      ...(values["region-hint"] === undefined ? {} : { regionHint: values["region-hint"] as Bone }),
      ...(values.priority === undefined ? {} : { priority: values.priority as Priority }),
    };
    const exams = values.exam === true ? [positionals] : positionals.map((file) => [file]);
    return each(exams, terminal, async (files) => {
      const films = await Promise.all(files.map((file) => readFilm(resolve(userCwd(terminal.env), file))));
      return print(
        await client.analyze(films, { ...fields, signal: terminal.signal }),
        terminal,
        values.json,
      );
    });
  },

  async get(args, terminal) {
    const { values, positionals } = parseCommand(args, { ...gatewayOptions, wait: { type: "string" } });
    const wait = values.wait === undefined ? 0 : Number(values.wait);
    if (!(wait >= 0)) throw new UsageError("--wait is a number of seconds.");
    const client = gatewayOf(values, terminal.env);
    return each(idsOf(positionals), terminal, async (id) => {
      const { signal } = terminal;
      let analysis = await client.get(id, { signal });
      if (wait > 0 && !isEnded(analysis))
        analysis = await client.wait(id, { timeoutSeconds: wait, signal }).catch((error: unknown) => {
          if (error instanceof TimeoutError) return client.get(id, { signal });
          throw error;
        });
      return print(analysis, terminal, values.json);
    });
  },

  async watch(args, terminal) {
    const { values, positionals } = parseCommand(args, gatewayOptions);
    const client = gatewayOf(values, terminal.env);
    return each(idsOf(positionals), terminal, async (id) => {
      let well = true;
      for await (const { analysis } of client.events(id, { signal: terminal.signal }))
        well = print(analysis, terminal, values.json);
      return well;
    });
  },

  async cancel(args, terminal) {
    const { values, positionals } = parseCommand(args, gatewayOptions);
    const client = gatewayOf(values, terminal.env);
    return each(idsOf(positionals), terminal, async (id) =>
      print(await client.cancel(id, { signal: terminal.signal }), terminal, values.json),
    );
  },

  async erase(args, terminal) {
    const { values, positionals } = parseCommand(args, gatewayOptions);
    const client = gatewayOf(values, terminal.env);
    return each(idsOf(positionals), terminal, async (id) => {
      await client.erase(id, { signal: terminal.signal });
      terminal.out(values.json === true ? JSON.stringify({ id, erased: true }) : `${id}  erased`);
      return true;
    });
  },
};

/** Does the step for each, a few at once. Whether each went well: a step that fails did not. */
async function each<T>(
  all: readonly T[],
  terminal: InterruptibleTerminal,
  step: (one: T) => Promise<boolean>,
): Promise<boolean> {
  let well = true;
  const left = [...all];
  const lane = async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) {
      try {
        if (!(await step(one))) well = false;
      } catch (error) {
        terminal.signal.throwIfAborted();
        well = false;
        terminal.err(`${printable([one].flat().join(" "))}: ${explainError(error)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return well;
}

/** Prints an analysis. Whether it went well: a failed one did not. */
function print(analysis: Analysis, terminal: InterruptibleTerminal, json: boolean | undefined): boolean {
  terminal.out(json === true ? JSON.stringify(analysis) : describeAnalysis(analysis));
  return analysis.status !== "failed";
}

function idsOf(positionals: readonly string[]): readonly string[] {
  if (positionals.length === 0) throw new UsageError("The command needs the ids of analyses.");
  return positionals;
}

async function readFilm(file: string): Promise<NamedFilm> {
  const data = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    const folder = error.code === "EISDIR";
    throw folder ? new Error("is a folder: name its films, or use npm start -- analyze") : error;
  });
  return { data, name: basename(file) };
}
