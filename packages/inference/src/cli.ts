import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Bundle, loadBundles, readManifests } from "./bundle.js";
import { createEngine, type EngineName, engineNames } from "./engines/index.js";
import { evaluate } from "./evaluation/evaluate.js";
import { readSplit } from "./evaluation/films.js";

const root = fileURLToPath(new URL("../../../../", import.meta.url));

const usage = `npm run models -- COMMAND [options]

  list                 the bundles, with version and key figures
  validate             manifest, digests and warm-up of each bundle, through the engine
  evaluate             metrics through the packages that serve, beside those of the manifests

  --models DIR         folder of the bundles (models)
  --data DIR           data with annotations.csv and images/ (../shared/data/fracatlas)
  --split NAME         test
  --engine NAME        ${engineNames.join(" | ")}
  --json`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    models: { type: "string", default: path.join(root, "models") },
    data: { type: "string", default: path.join(root, "../shared/data/fracatlas") },
    split: { type: "string", default: "test" },
    engine: { type: "string", default: "onnxruntime" },
    json: { type: "boolean", default: false },
  },
});

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
            ? `AUROC ${manifest.metrics.auroc.value}`
            : `accuracy ${manifest.metrics.accuracy.value}`,
      })),
    );
  },
  validate: () =>
    withEngine(async (engine) => {
      const { bodyPart, fractures } = await loadBundles(values.models);
      const bundles: Bundle[] = [...(bodyPart === undefined ? [] : [bodyPart]), ...fractures.values()];
      for (const bundle of bundles) {
        const model = await engine.load(bundle);
        await model.dispose();
        console.log(
          `${bundle.manifest.name} ${bundle.manifest.version}: valid, and answers its warm-up film right`,
        );
      }
    }),
  evaluate: () =>
    withEngine(async (engine) => {
      const films = await readSplit(values.data, values.split);
      const rows = await evaluate(engine, await loadBundles(values.models), films);
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
