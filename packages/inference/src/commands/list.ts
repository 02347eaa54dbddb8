import { findBundles } from "../bundle.js";
import type { Manifest } from "../manifest.js";
import { printTable } from "./print-table.js";
import type { ModelsTerminal } from "./terminal.js";

/** Prints the bundles of a folder, each that is damaged with its problem. @returns whether none is @throws ProblemError */
export async function listCommand(folder: string, terminal: ModelsTerminal): Promise<boolean> {
  const found = await findBundles(folder);
  const rows = found.map(({ name, manifest }) => ({
    name,
    ...(manifest === undefined
      ? {}
      : { version: manifest.version, films: manifest.metrics.films, figure: figureOf(manifest) }),
  }));
  const damaged = found.flatMap(({ name, problem }) => (problem === undefined ? [] : [{ name, problem }]));
  if (terminal.json) {
    const problems = new Map(damaged.map(({ name, problem: { code, detail } }) => [name, { code, detail }]));
    const all = rows.map((row) => ({ ...row, problem: problems.get(row.name) }));
    terminal.out(JSON.stringify(all, null, 2));
  } else {
    printTable(rows, terminal);
    for (const { problem } of damaged) terminal.err(problem.message);
  }
  return damaged.length === 0;
}

function figureOf(manifest: Manifest): string {
  const [name, interval] =
    manifest.task === "fracture"
      ? (["AUROC", manifest.metrics.auroc] as const)
      : (["accuracy", manifest.metrics.accuracy] as const);
  return `${name} ${interval?.value ?? "not measured"}`;
}
