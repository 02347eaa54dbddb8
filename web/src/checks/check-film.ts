import { type FilmType, sniff, sniffBytes } from "@osteon/imaging/sniff";
import type { SessionView } from "../api/session.js";
import { colourfulness } from "./colourfulness.js";
import { smallPicture } from "./small-picture.js";

/** Fewest pixels of a side, as the film rules say. */
const leastSide = 224;

/** Above this share of saturation a picture is no grey film; scans with a tint stay below. */
const mostColour = 0.12;

/** What every browser shows. */
const shown: readonly FilmType[] = ["image/jpeg", "image/png", "image/webp"];

export type Fault =
  | "empty"
  | "too-large"
  | "not-a-film"
  | "damaged"
  | "too-many-pixels"
  | "too-small"
  | "unreadable";
export type Doubt = "coloured";

/** What can be said of a film before it is sent. */
export interface FilmCheck {
  /** Why the API would refuse it. */
  fault?: Fault;
  /** Why its answer may be worth little. */
  doubt?: Doubt;
  /** Pixels, where the browser can read the file. */
  width?: number;
  height?: number;
  /** A small copy, where the browser can read the file. */
  preview?: Blob;
}

type FilmLimits = Pick<SessionView["limits"], "filmBytes" | "filmPixels">;

/** Checks a file by the film rules. What the browser cannot read, such as TIFF, is left to the API. */
export async function checkFilm(file: File, most: FilmLimits): Promise<FilmCheck> {
  if (file.size === 0) return { fault: "empty" };
  const type = sniff(new Uint8Array(await file.slice(0, sniffBytes).arrayBuffer()));
  if (type === undefined) return { fault: "not-a-film" };
  if (file.size > most.filmBytes) return { fault: "too-large" };
  if (!shown.includes(type)) return {};
  const bitmap = await createImageBitmap(file).catch(() => undefined);
  if (bitmap === undefined) return { fault: "damaged" };
  const { width, height } = bitmap;
  try {
    const seen = { width, height, preview: await smallPicture(bitmap) };
    if (width * height > most.filmPixels) return { fault: "too-many-pixels", ...seen };
    if (Math.min(width, height) < leastSide) return { fault: "too-small", ...seen };
    return colourfulness(bitmap) > mostColour ? { doubt: "coloured", ...seen } : seen;
  } finally {
    bitmap.close();
  }
}
