import { resolve } from "node:path";
import {
  asksForHelp,
  interrupted,
  parseCommand,
  repoRoot,
  type Terminal,
  UsageError,
  userCwd,
} from "@osteon/shared/command-line";
import type { InferenceEngine } from "../engine.js";
import { createEngine, type EngineName, engineNames } from "../engines/index.js";
import { importCommand, importOptions, importUsage, readImport } from "../import/command.js";
import { type Precision, precisionOf } from "../precision.js";
import { evaluateCommand } from "./evaluate.js";
import { listCommand } from "./list.js";
import { validateCommand } from "./validate.js";

const head = "npm run models -- COMMAND [options]\n";
const common = `
  --models DIR         folder of the bundles (models)
  --engine NAME        ${engineNames.join(" | ")}
  --precision NAME     fp32 | int8 (evaluate: fp32; validate: each model of a bundle that the engine runs)
  --data DIR           evaluate: data with annotations.csv and images/ (../shared/data/fracatlas)
  --split NAME         evaluate: test
  --json
  --help, -h           this, or what one command does`;

const precisions = ["fp32", "int8"] as const satisfies Precision[];

const usages = {
  list: "  list                 the bundles, with version and key figures",
  validate: `  validate             what workers check when they start: manifests, digests, the answer of each model to its warm-up film,
                       operating points (OPERATING_POINTS, else those of the folder), and what is missing`,
  evaluate:
    "  evaluate             metrics through the packages that serve, beside those of the manifests; of the tasks that are there",
  import: importUsage,
};
type CommandName = keyof typeof usages;

function usageOf(command: CommandName | undefined): string {
  const parts = command === undefined ? Object.values(usages) : [usages[command]];
  return [head, ...parts, common].join("\n");
}

/** The command line `npm run models`. @returns the exit code: 0, 1 where something is wrong, 2 for what was not understood */
export async function runModels(args: readonly string[], terminal: Terminal): Promise<number> {
  const named = args.find((each) => Object.hasOwn(usages, each)) as CommandName | undefined;
  if (asksForHelp(args)) {
    terminal.out(usageOf(named));
    return 0;
  }
  try {
    return (await run(args, terminal)) ? 0 : 1;
  } catch (error) {
    const { name, message } = error as Error;
    if (name === "AbortError") {
      terminal.err("Broken off.");
      return interrupted;
    }
    if (!(error instanceof UsageError)) {
      terminal.err(message);
      return 1;
    }
    terminal.err(`${message}\n\n${usageOf(named)}`);
    return 2;
  }
}

/** @returns whether all is well */
async function run(args: readonly string[], plain: Terminal): Promise<boolean> {
  const { values, positionals } = parseCommand(args, {
    models: { type: "string", default: resolve(repoRoot, "models") },
    data: { type: "string", default: resolve(repoRoot, "../shared/data/fracatlas") },
    split: { type: "string", default: "test" },
    engine: { type: "string", default: "onnxruntime" },
    precision: { type: "string" },
    json: { type: "boolean", default: false },
    ...importOptions,
  });
  const [command = "", ...more] = positionals;
  if (more.length > 0) throw new UsageError(`"${more.join(" ")}" is not understood.`);
  const terminal = { ...plain, json: values.json };
  const cwd = userCwd(terminal.env);
  const folder = resolve(cwd, values.models);
  const engineName = oneOf("engine", values.engine, engineNames);
  const asked = values.precision === undefined ? undefined : oneOf("precision", values.precision, precisions);
  const withEngine = (use: (engine: InferenceEngine) => Promise<boolean>) => using(engineName, use);
  switch (command) {
    case "list":
      return listCommand(folder, terminal);
    case "validate": {
      const points = terminal.env.OPERATING_POINTS;
      return withEngine((engine) =>
        validateCommand(
          engine,
          { folder, operatingPoints: points ? resolve(cwd, points) : undefined },
          asked === undefined ? precisionsOf(engineName) : [precisionOf(engineName, asked)],
          terminal,
        ),
      );
    }
    case "evaluate": {
      const precision = precisionOf(engineName, asked ?? "fp32");
      const films = { folder: resolve(cwd, values.data), split: values.split };
      return withEngine((engine) => evaluateCommand(engine, { folder, precision }, films, terminal));
    }
    case "import": {
      const given = readImport({ ...values, models: folder }, cwd);
      return withEngine((engine) => importCommand(engine, given, terminal));
    }
    default:
      throw new UsageError(command === "" ? "Which command?" : `There is no command "${command}".`);
  }
}

/** What models in the engine may reckon in. */
function precisionsOf(engine: EngineName): Precision[] {
  return precisionOf(engine) === "int8" ? ["fp32", "int8"] : ["fp32"];
}

async function using(name: EngineName, use: (engine: InferenceEngine) => Promise<boolean>): Promise<boolean> {
  const engine = await createEngine(name);
  try {
    return await use(engine);
  } finally {
    await engine.dispose();
  }
}

function oneOf<T extends string>(option: string, given: string, known: readonly T[]): T {
  const found = known.find((each) => each === given);
  if (found === undefined) throw new UsageError(`--${option} must be one of ${known.join(", ")}.`);
  return found;
}
