import { writeFileSync } from "node:fs";
import path from "node:path";
import type { Results } from "../measure/results.js";
import { drawCharts } from "./charts.js";
import { goalsOf } from "./goals.js";
import { renderMarkdown } from "./markdown.js";

/** Writes `report.md`, `report.json` and the charts into `folder`. Returns the text. */
export function writeReport(results: Results, folder: string): string {
  const goals = goalsOf(results);
  const charts = drawCharts(results);
  const markdown = renderMarkdown(results, goals, Object.keys(charts));
  for (const [name, svg] of Object.entries(charts)) writeFileSync(path.join(folder, name), `${svg}\n`);
  // Every film's own times are too many to keep.
  const throughput = results.throughput.map(({ ack, result, ...each }) => ({
    ...each,
    films: ack.length || result.length,
  }));
  writeFileSync(
    path.join(folder, "report.json"),
    `${JSON.stringify({ ...results, throughput, goals }, rounded, 1)}\n`,
  );
  writeFileSync(path.join(folder, "report.md"), markdown);
  return markdown;
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === "number" ? Number(value.toPrecision(5)) : value;
}
