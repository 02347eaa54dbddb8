import type { Bone, Priority } from "./types.js";

/** A film: its bytes, with its name where it has one (a `File` has), or the id of an upload. */
export type FilmInput = Blob | Uint8Array | ArrayBuffer | NamedFilm | UploadedFilm;

export interface NamedFilm {
  data: Blob | Uint8Array | ArrayBuffer;
  /** Shown with the film; never a path. Where absent, the name of `data`, if that is a `File`. */
  name?: string | undefined;
}

/** A film that was put into the store, past the gateway. */
export interface UploadedFilm {
  upload: string;
}

/** What a submission says beside its films. */
export interface SubmissionFields {
  /** Comes back with the analysis, and finds it in the list; at most 200 characters. */
  reference?: string | undefined;
  /** Gets the end of the analysis as a signed webhook. */
  callbackUrl?: string | undefined;
  /** What the sender takes the films for. */
  regionHint?: Bone | undefined;
  priority?: Priority | undefined;
}

export const fieldNames = ["reference", "callbackUrl", "regionHint", "priority"] as const;

/** Films and fields as a form. Fields go first: a refused one costs no upload. */
export function formOf(films: readonly FilmInput[], fields: SubmissionFields): FormData {
  const form = new FormData();
  for (const name of fieldNames) {
    const value = fields[name];
    if (value !== undefined) form.append(name, value);
  }
  for (const film of films) {
    if (isUpload(film)) form.append("upload", film.upload);
    // A part is a file by its filename, which may be empty.
    else form.append("film", blobOf(dataOf(film)), nameOf(film) ?? "");
  }
  return form;
}

export function blobOf(data: Blob | Uint8Array | ArrayBuffer): Blob {
  return data instanceof Blob ? data : new Blob([data as Uint8Array<ArrayBuffer> | ArrayBuffer]);
}

function isUpload(film: FilmInput): film is UploadedFilm {
  return "upload" in film;
}

function dataOf(film: Exclude<FilmInput, UploadedFilm>): Blob | Uint8Array | ArrayBuffer {
  return "data" in film ? film.data : film;
}

function nameOf(film: Exclude<FilmInput, UploadedFilm>): string | undefined {
  if ("name" in film && typeof film.name === "string") return film.name;
  return "data" in film ? nameOf(film.data) : undefined;
}
