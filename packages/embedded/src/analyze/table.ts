import { printable } from "@osteon/shared/command-line";
import type { Accuracy, Score } from "./accuracy.js";
import type { Examination } from "./examine.js";

/** Cells of a film's row after its name: part, result, probability, certainty. */
function rowOf(examination: Examination): [string, string, string, string] {
  if ("refusal" in examination) return ["", examination.refusal.title, "", ""];
  const { status, outcome, bodyPart, fracture, error } = examination.analysis;
  if (status !== "completed") return [bodyPart?.label ?? "", error?.title ?? status, "", ""];
  if (fracture === undefined) return [bodyPart?.label ?? "", outcome ?? "", "", ""];
  return [bodyPart?.label ?? "", fracture.label, fracture.probability.toFixed(3), fracture.certainty];
}

export function filmTable(films: readonly { shown: string; examination: Examination }[]): string {
  return table(
    ["File", "Part", "Result", "Probability", "Certainty"],
    films.map(({ shown, examination }) => [shown, ...rowOf(examination)]),
  );
}

export function accuracyTable(accuracy: Accuracy): string {
  const rows = Object.entries(accuracy.parts).map(([name, { part, result }]) => [
    name,
    cell(part),
    cell(result),
  ]);
  const all = ["all", cell(accuracy.part), cell(accuracy.result)];
  const text = table(["Accuracy of", "Part", "Result"], [...rows, all]);
  return accuracy.unjudged === 0
    ? text
    : `${text}\nWithout an answer, and so not judged: ${accuracy.unjudged}`;
}

function cell({ right, total, accuracy }: Score): string {
  return accuracy === null ? "" : `${(accuracy * 100).toFixed(1)} % (${right} of ${total})`;
}

/** Columns as wide as their widest cell, under a ruled head. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const clean = [head, ...rows].map((row) => row.map(printable));
  const widths = head.map((_, column) =>
    clean.reduce((most, row) => Math.max(most, widthOf(row[column] ?? "")), 0),
  );
  const lines = clean.map((row) =>
    widths
      .map((width, column) => (row[column] ?? "") + " ".repeat(width - widthOf(row[column] ?? "")))
      .join("  "),
  );
  lines.splice(1, 0, widths.map((width) => "-".repeat(width)).join("  "));
  return lines.map((line) => line.trimEnd()).join("\n");
}

const segmenter = new Intl.Segmenter();
const wide =
  /^(\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}|[\uff01-\uff60])/u;

/** Columns that a terminal gives a text. */
function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += wide.test(segment) ? 2 : 1;
  return width;
}
