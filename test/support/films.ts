import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** One row of the data's annotations. */
export interface Annotation {
  file: string;
  split: string;
  region: string;
  fractured: boolean;
}

const data = fileURLToPath(new URL("../../../../shared/data/fracatlas/", import.meta.url));

/** Every film of the data with its region and label. */
export const annotations: readonly Annotation[] = readFileSync(path.join(data, "annotations.csv"), "utf8")
  .trim()
  .split("\n")
  .slice(1)
  .map((line) => {
    const [file = "", split = "", region = "", , , , fractured] = line.split(",");
    return { file, split, region, fractured: fractured === "1" };
  });

/** The bytes of a film of the data. */
export function filmBytes(file: string): Buffer {
  return readFileSync(path.join(data, "images", file));
}

/** Films of the test split, a fixed choice: the first of each region and label. */
export function testFilms(count: number, region?: string): Annotation[] {
  const films = annotations.filter(
    (each) => each.split === "test" && (region === undefined || each.region === region),
  );
  return films.slice(0, count);
}
