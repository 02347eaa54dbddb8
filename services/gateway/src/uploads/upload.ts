/** What a client sent, before any check of the films themselves. */
export interface Upload {
  films: UploadedFilm[];
  fields: UploadFields;
}

export interface UploadedFilm {
  /** As the client named it, without folders; never used as a path. */
  name?: string;
  bytes: Buffer;
}

export interface UploadFields {
  reference?: string;
  callbackUrl?: string;
  regionHint?: string;
}

export const fieldNames = [
  "reference",
  "callbackUrl",
  "regionHint",
] as const satisfies readonly (keyof UploadFields)[];
