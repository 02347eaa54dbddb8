import { checkFilm, type FilmCheck } from "../checks/check-film.js";
import { sendExams } from "./sending.js";
import { limits } from "./session.js";
import { createStore } from "./store.js";

/** A film that was chosen and not yet sent. */
export interface StagedFilm {
  key: string;
  file: File;
  /** Undefined while it is looked at. */
  check?: Omit<FilmCheck, "preview">;
  /** Object URL of a small copy, where the browser can show the film. */
  preview?: string;
  /** Films of one group become the views of one exam. */
  group: string;
}

export const staged = createStore<readonly StagedFilm[]>([]);

/** How new films are grouped: each by itself, all of a folder, or all that came together. */
export type Grouping = "film" | "folder" | "all";

/** A file with the folder that it came from. */
export interface ChosenFile {
  file: File;
  folder: string;
}

function groupsOf(chosen: readonly ChosenFile[], grouping: Grouping): string[] {
  const made = new Map<string, string>();
  return chosen.map(({ folder }, at) => {
    const by = grouping === "film" ? `film ${at}` : grouping === "folder" ? `folder ${folder}` : "all";
    const known = made.get(by) ?? crypto.randomUUID();
    made.set(by, known);
    return known;
  });
}

/** Hundreds of films are drawn anew a few times, not once for each. */
const checkedAtOnce = 24;

/** Takes films in, looks at each, and keeps what it found beside it. */
export async function stage(chosen: readonly ChosenFile[], grouping: Grouping): Promise<void> {
  const groups = groupsOf(chosen, grouping);
  const added = chosen.map(
    ({ file }, at): StagedFilm => ({ key: crypto.randomUUID(), file, group: groups[at] ?? "" }),
  );
  staged.set((before) => [...before, ...added]);
  for (let at = 0; at < added.length; at += checkedAtOnce) {
    const looked = await Promise.all(added.slice(at, at + checkedAtOnce).map(look));
    const found = new Map(looked.map((film) => [film.key, film]));
    const here = new Set(staged.get().map(({ key }) => key));
    for (const { key, preview } of looked)
      if (preview !== undefined && !here.has(key)) URL.revokeObjectURL(preview);
    staged.set((before) =>
      before.map((film) => {
        const seen = found.get(film.key);
        return seen === undefined ? film : { ...seen, group: film.group };
      }),
    );
  }
}

async function look(film: StagedFilm): Promise<StagedFilm> {
  // A file that was moved away, or whose disk is gone, cannot be read.
  const { preview, ...check }: FilmCheck = await checkFilm(film.file, limits()).catch(() => ({
    fault: "unreadable",
  }));
  return { ...film, check, ...(preview === undefined ? {} : { preview: URL.createObjectURL(preview) }) };
}

export function unstage(keys: ReadonlySet<string>): void {
  for (const { key, preview } of staged.get()) {
    if (keys.has(key) && preview !== undefined) URL.revokeObjectURL(preview);
  }
  staged.set((before) => before.filter(({ key }) => !keys.has(key)));
}

/** Makes one exam of some films, in the order they have; or, `apart`, one of each. */
export function regroup(keys: ReadonlySet<string>, apart: boolean): void {
  const together = crypto.randomUUID();
  staged.set((before) => {
    const changed = before.map((film) =>
      keys.has(film.key) ? { ...film, group: apart ? crypto.randomUUID() : together } : film,
    );
    return inGroups(changed).flat();
  });
}

/** Films by group, groups in the order of their first films. */
export function inGroups(films: readonly StagedFilm[]): StagedFilm[][] {
  const groups = new Map<string, StagedFilm[]>();
  for (const film of films) groups.set(film.group, [...(groups.get(film.group) ?? []), film]);
  return [...groups.values()];
}

/** Films by the exam that they become: a group that is more than one may be becomes several. */
export function inExams(films: readonly StagedFilm[]): StagedFilm[][] {
  const { films: mostFilms, uploadBytes } = limits();
  return inGroups(films).flatMap((group) => split(group, mostFilms, uploadBytes));
}

/** Of those that were looked at. */
export function isFit({ check }: StagedFilm): boolean {
  return check !== undefined && check.fault === undefined;
}

/** Sends what is fit to be sent; the rest stays. Returns the number of exams. */
export function sendStaged(reference?: string): number {
  const fit = staged.get().filter(isFit);
  const groups = inExams(fit);
  const gone = new Set(fit.map(({ key }) => key));
  // Their previews go on in the list.
  staged.set((before) => before.filter(({ key }) => !gone.has(key)));
  sendExams(
    groups.map((group) => ({
      films: group.map(({ file }) => file),
      previews: group.map(({ preview }) => preview),
      ...(reference === undefined || reference === "" ? {} : { reference }),
    })),
  );
  return groups.length;
}

/** What cannot be sent stays beside the others, and takes no room from them. */
function split(group: readonly StagedFilm[], mostFilms: number, mostBytes: number): StagedFilm[][] {
  const parts: StagedFilm[][] = [];
  let part: StagedFilm[] = [];
  let count = 0;
  let size = 0;
  for (const film of group) {
    const takesRoom = film.check?.fault === undefined;
    if (takesRoom && count > 0 && (count === mostFilms || size + film.file.size > mostBytes)) {
      parts.push(part);
      part = [];
      count = 0;
      size = 0;
    }
    part.push(film);
    if (!takesRoom) continue;
    count += 1;
    size += film.file.size;
  }
  return part.length === 0 ? parts : [...parts, part];
}
