// `npm run bench:engines`: the bench's part on engines alone, printed.

import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { measureEngines } from "./measure/engines.js";
import { enginesSection } from "./report/engines.js";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "7" },
    runs: { type: "string", default: "5" },
    models: {
      type: "string",
      default: path.join(fileURLToPath(new URL("../../", import.meta.url)), "models"),
    },
  },
});
const times = await measureEngines({
  modelsDir: values.models,
  rounds: Number(values.rounds),
  runs: Number(values.runs),
});
console.log(enginesSection(times).join("\n\n"));
