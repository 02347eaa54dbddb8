import { readFile } from "node:fs/promises";
import path from "node:path";

/** A labelled film of a data folder. */
export interface LabelledFilm {
  readonly file: string;
  readonly region: string;
  readonly fractured: boolean;
}

/**
 * The films of a split of a folder with `annotations.csv` (columns file, split, region, fractured among others) and `images/`.
 * @throws Error where a column is missing.
 */
export async function readSplit(folder: string, split: string): Promise<LabelledFilm[]> {
  const [head = "", ...lines] = (await readFile(path.join(folder, "annotations.csv"), "utf8"))
    .trim()
    .split(/\r?\n/);
  const names = head.split(",");
  const column = (name: string) => {
    const at = names.indexOf(name);
    if (at < 0) throw new Error(`annotations.csv has no column "${name}"`);
    return at;
  };
  const [file, part, region, fractured] = ["file", "split", "region", "fractured"].map(column);
  return lines
    .map((line) => line.split(","))
    .filter((row) => row[part ?? 0] === split)
    .map((row) => ({
      file: path.join(folder, "images", row[file ?? 0] ?? ""),
      region: row[region ?? 0] ?? "",
      fractured: row[fractured ?? 0] === "1",
    }));
}
