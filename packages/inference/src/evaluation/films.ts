import { readFile } from "node:fs/promises";
import path from "node:path";
import { ProblemError } from "@osteon/shared";

/** A labelled film of a data folder. */
export interface LabelledFilm {
  readonly file: string;
  readonly region: string;
  readonly fractured: boolean;
}

/**
 * The films of a split of a folder with `annotations.csv` (columns file, split, region, fractured among others) and `images/`.
 * @throws ProblemError `validation-failed` where a column is missing, a film is neither fractured (1) nor not (0), or the split
 *   has no films.
 */
export async function readSplit(folder: string, split: string): Promise<LabelledFilm[]> {
  const file = path.join(folder, "annotations.csv");
  // Spreadsheets write a mark of the byte order, which `trim` takes too.
  const [head = "", ...lines] = (await readFile(file, "utf8")).trim().split(/\r?\n/);
  const names = head.split(",");
  const column = (name: string) => {
    const at = names.indexOf(name);
    if (at < 0) throw invalid(`${file} has no column "${name}".`);
    return at;
  };
  const [name, part, region, fractured] = ["file", "split", "region", "fractured"].map(column);
  const rows = lines.map((line) => line.split(","));
  const films = rows
    .filter((row) => row[part ?? 0] === split)
    .map((row) => {
      const label = row[fractured ?? 0];
      if (label !== "0" && label !== "1")
        throw invalid(`${file}: fractured of ${row[name ?? 0]} must be 0 or 1, not "${label ?? ""}".`);
      return {
        file: path.join(folder, "images", row[name ?? 0] ?? ""),
        region: row[region ?? 0] ?? "",
        fractured: label === "1",
      };
    });
  if (films.length > 0) return films;
  const splits = [...new Set(rows.map((row) => row[part ?? 0]))].join(", ");
  throw invalid(`${file} has no film of the split "${split}"; its splits are: ${splits}.`);
}

function invalid(detail: string): ProblemError {
  return new ProblemError("validation-failed", detail);
}
