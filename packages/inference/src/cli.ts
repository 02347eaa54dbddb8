import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Bundle, loadBundles, readManifests } from "./bundle.js";
import { createEngine, type EngineName, engineNames } from "./engines/index.js";
import { evaluate } from "./evaluation/evaluate.js";
import { readSplit } from "./evaluation/films.js";
import { importCommand, importOptions, importUsage } from "./import/command.js";
import type { Precision } from "./precision.js";

const root = fileURLToPath(new URL("../../../../", import.meta.url));

const usage = `npm run models -- COMMAND [options]

  list                 the bundles, with version and key figures
  validate             manifest, digests and warm-up of each bundle, through the engine
  evaluate             metrics through the packages that serve, beside those of the manifests
${importUsage}

  --models DIR         folder of the bundles (models)
  --data DIR           data with annotations.csv and images/ (../shared/data/fracatlas)
  --split NAME         test
  --engine NAME        ${engineNames.join(" | ")}
  --precision NAME     fp32 | int8 (fp32)
  --json`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    models: { type: "string", default: path.join(root, "models") },
    data: { type: "string", default: path.join(root, "../shared/data/fracatlas") },
    split: { type: "string", default: "test" },
    engine: { type: "string", default: "onnxruntime" },
    precision: { type: "string", default: "fp32" },
    json: { type: "boolean", default: false },
    ...importOptions,
  },
});

if (values.precision !== "fp32" && values.precision !== "int8") {
  console.error("--precision must be fp32 or int8");
  process.exit(2);
}
const precision: Precision = values.precision;

const print = (rows: object[]) =>
  values.json ? console.log(JSON.stringify(rows, null, 2)) : console.table(rows);

async function withEngine<T>(
  use: (engine: Awaited<ReturnType<typeof createEngine>>) => Promise<T>,
): Promise<T> {
  const name = engineNames.find((each) => each === values.engine);
  if (name === undefined) throw new Error(`--engine must be one of ${engineNames.join(", ")}`);
  const engine = await createEngine(name satisfies EngineName);
  try {
    return await use(engine);
  } finally {
    await engine.dispose();
  }
}

const commands: Record<string, () => Promise<void>> = {
  list: async () => {
    const manifests = await readManifests(values.models);
    print(
      manifests.map((manifest) => ({
        name: manifest.name,
        version: manifest.version,
        films: manifest.metrics.films,
        figure:
          manifest.task === "fracture"
            ? `AUROC ${manifest.metrics.auroc?.value ?? "not measured"}`
            : `accuracy ${manifest.metrics.accuracy?.value ?? "not measured"}`,
      })),
    );
  },
  validate: () =>
    withEngine(async (engine) => {
      const { bodyPart, fractures } = await loadBundles(values.models, precision);
      const bundles: Bundle[] = [...(bodyPart === undefined ? [] : [bodyPart]), ...fractures.values()];
      for (const bundle of bundles) {
        const model = await engine.load(bundle);
        await model.dispose();
        console.log(
          `${bundle.manifest.name} ${bundle.manifest.version}: valid, and answers its warm-up film right`,
        );
      }
    }),
  import: () => withEngine((engine) => importCommand(engine, values)),
  evaluate: () =>
    withEngine(async (engine) => {
      const films = await readSplit(values.data, values.split);
      const rows = await evaluate(engine, await loadBundles(values.models, precision), films);
      print(rows.map((row) => ({ ...row, measured: Number(row.measured.toFixed(4)) })));
    }),
};

const command = commands[positionals[0] ?? ""];
if (command === undefined) {
  console.error(usage);
  process.exitCode = 2;
} else {
  await command().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
