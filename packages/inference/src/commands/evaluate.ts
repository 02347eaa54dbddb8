import { loadBundles } from "../bundle.js";
import type { InferenceEngine } from "../engine.js";
import { evaluate } from "../evaluation/evaluate.js";
import { readSplit } from "../evaluation/films.js";
import type { ModelSource } from "../operating-points.js";
import { printTable } from "./print-table.js";
import type { ModelsTerminal } from "./terminal.js";

/** Prints what the bundles of a folder measure on films with labels. @throws ProblemError */
export async function evaluateCommand(
  engine: InferenceEngine,
  { folder, precision }: ModelSource,
  films: { folder: string; split: string },
  terminal: ModelsTerminal,
): Promise<boolean> {
  const bundles = await loadBundles(folder, precision);
  const measured = await evaluate(engine, bundles, await readSplit(films.folder, films.split));
  const rows = measured.map((row) => ({ ...row, measured: Number(row.measured.toFixed(4)) }));
  if (terminal.json) terminal.out(JSON.stringify(rows, null, 2));
  else printTable(rows, terminal);
  return true;
}
