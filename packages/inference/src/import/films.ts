import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type NormalisedFilm, normalise } from "@osteon/imaging";
import { ImportError } from "./import-error.js";

const root = fileURLToPath(new URL("../../../../../", import.meta.url));
const testData = path.join(root, "../shared/data/fracatlas/images");
const wanted = 100;

/**
 * A hundred films to compare a model's answers on, the first of them fit for its warm-up: of `folder`, spread over it; else of
 * the test data where it is there; else made of the shipped warm-up films. Fewer films than a hundred are turned, cut and
 * darkened until there are enough.
 *
 * @throws ImportError where `folder` has no film
 */
export async function parityFilms(folder: string | undefined): Promise<NormalisedFilm[]> {
  const files = await filesOf(folder);
  const chosen = Array.from(
    { length: Math.min(wanted, files.length) },
    (_, at) => files[Math.floor((at * files.length) / Math.min(wanted, files.length))] ?? "",
  );
  const films: NormalisedFilm[] = [];
  for (const file of chosen) {
    try {
      films.push(await normalise(await readFile(file)));
    } catch (error) {
      throw new ImportError(`${file} is no film: ${error instanceof Error ? error.message : error}`);
    }
  }
  const originals = [...films];
  for (let at = 0; films.length < wanted; at++) films.push(varied(originals[at % originals.length], at));
  return films;
}

async function filesOf(folder: string | undefined): Promise<string[]> {
  const pictures = async (from: string) =>
    (await readdir(from, { recursive: true }).catch(() => []))
      .filter((name) => /\.(jpe?g|png|webp|tiff?)$/i.test(name))
      .sort()
      .map((name) => path.join(from, name));
  if (folder !== undefined) {
    const files = await pictures(folder);
    if (files.length === 0) throw new ImportError(`${folder} has no films (JPEG, PNG, WebP, TIFF).`);
    return files;
  }
  if (existsSync(testData)) return pictures(testData);
  return (await pictures(path.join(root, "models"))).filter((name) => name.endsWith("warmup.png"));
}

/** Another film made of one: on its side, without an edge, darker. */
function varied(film: NormalisedFilm | undefined, seed: number): NormalisedFilm {
  if (film === undefined)
    throw new ImportError("There is no film to compare answers on: name a folder by --films.");
  const { width, height, data } = film;
  const [w, h] = [height - (seed % 13), width - (seed % 7)];
  const turned = new Uint8Array(w * h);
  const share = 1 - (seed % 5) / 10;
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++) turned[y * w + x] = Math.round((data[x * width + y] ?? 0) * share);
  return { width: w, height: h, data: turned };
}
