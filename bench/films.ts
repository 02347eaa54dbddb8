import { readFileSync } from "node:fs";
import path from "node:path";

/** A film of the bench: the same for every contestant. */
export interface BenchFilm {
  readonly path: string;
  readonly bytes: Buffer;
}

/** Real films: the first `count` of the data folder's test split. */
export function readFilms(folder: string, count: number): BenchFilm[] {
  return readFileSync(path.join(folder, "annotations.csv"), "utf8")
    .split("\n")
    .filter((line) => line.split(",")[1] === "test")
    .slice(0, count)
    .map((line) => path.join(folder, "images", line.split(",")[0] ?? ""))
    .map((file) => ({ path: file, bytes: readFileSync(file) }));
}
