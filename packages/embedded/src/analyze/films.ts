import { readdir, realpath, stat } from "node:fs/promises";
import { extname, join, relative, resolve, sep } from "node:path";
import type { Bone } from "@osteon/shared";
import { UsageError } from "@osteon/shared/command-line";

/** What a film is known to show, by the folders it lies in. */
export interface Truth {
  part: Bone;
  label: "fractured" | "normal";
}

export interface FilmFile {
  path: string;
  /** As shown: relative to where the user is. */
  shown: string;
  truth?: Truth;
}

export interface FoundFilms {
  films: FilmFile[];
  /** What of the folders is no film by its name, or cannot be read, as shown. */
  skipped: string[];
}

/** Names of pictures that may be films. Files that are named outright are sent whatever their name. */
const extensions = new Set([".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".dcm"]);

// A record, so that the compiler misses a bone that is added to the contract.
const parts: Record<Bone, true> = { elbow: true, hand: true, shoulder: true, leg: true, hip: true };

/**
 * The films of the named files and folders, each once, in the order of their names. Hidden files are left out.
 *
 * @throws UsageError for a path that is not there, and where there is no film at all.
 */
export async function findFilms(paths: readonly string[], cwd: string): Promise<FoundFilms> {
  const found: FoundFilms = { films: [], skipped: [] };
  const seen = new Set<string>();
  const add = (path: string) => {
    const truth = truthOf(path);
    found.films.push({ path, shown: shownAs(path, cwd), ...(truth === undefined ? {} : { truth }) });
  };
  const walk = async (folder: string): Promise<void> => {
    // By its real name, so that a link to a folder above ends somewhere.
    const real = await realpath(folder).catch(() => undefined);
    if (real !== undefined && seen.has(real)) return;
    const names = real === undefined ? undefined : await readdir(folder).catch(() => undefined);
    if (real === undefined || names === undefined) {
      found.skipped.push(shownAs(folder, cwd));
      return;
    }
    seen.add(real);
    for (const name of names.filter((each) => !each.startsWith(".")).sort(byName)) {
      const path = join(folder, name);
      const status = await stat(path).catch(() => undefined);
      if (status?.isDirectory() === true) await walk(path);
      else if (status?.isFile() !== true || !extensions.has(extname(name).toLowerCase())) {
        found.skipped.push(shownAs(path, cwd));
      } else if (!seen.has(path)) {
        seen.add(path);
        add(path);
      }
    }
  };
  for (const given of paths) {
    const path = resolve(cwd, given);
    const status = await stat(path).catch(() => undefined);
    if (status === undefined) throw new UsageError(`There is no file or folder "${given}".`);
    if (status.isDirectory()) await walk(path);
    else if (!seen.has(path)) {
      seen.add(path);
      add(path);
    }
  }
  if (found.films.length === 0)
    throw new UsageError(`No films in ${paths.map((each) => `"${each}"`).join(", ")}.`);
  return found;
}

/** `…/Elbow/fractured/…/film.jpg`: the innermost folder that names a label, within one that names a part. */
export function truthOf(path: string): Truth | undefined {
  const folders = path.toLowerCase().split(sep).slice(0, -1);
  for (let at = folders.length - 1; at > 0; at -= 1) {
    const part = folders[at - 1] ?? "";
    const label = folders[at];
    if (Object.hasOwn(parts, part) && (label === "fractured" || label === "normal")) {
      return { part: part as Bone, label };
    }
  }
  return undefined;
}

function shownAs(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short.startsWith("..") ? path : short;
}

/** `film2` before `film10`. */
const collator = new Intl.Collator("en", { numeric: true });
function byName(a: string, b: string): number {
  return collator.compare(a, b);
}
