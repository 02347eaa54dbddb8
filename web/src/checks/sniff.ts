/** What a film file is by its first bytes; the name and the type that the browser gives may lie. */
export type FilmKind = "jpeg" | "png" | "webp" | "tiff" | "dicom" | "other";

/** Bytes that `sniff` needs. */
export const sniffBytes = 132;

export function sniff(head: Uint8Array): FilmKind {
  const has = (at: number, ...bytes: number[]) => bytes.every((byte, i) => head[at + i] === byte);
  const text = (at: number, word: string) => has(at, ...[...word].map((letter) => letter.charCodeAt(0)));
  if (has(0, 0xff, 0xd8, 0xff)) return "jpeg";
  if (has(0, 0x89) && text(1, "PNG\r\n")) return "png";
  if (text(0, "RIFF") && text(8, "WEBP")) return "webp";
  // Classic TIFF (42) and BigTIFF (43), in both byte orders.
  for (const magic of ["II*\0", "MM\0*", "II+\0", "MM\0+"]) if (text(0, magic)) return "tiff";
  if (text(128, "DICM")) return "dicom";
  return "other";
}

/** Kinds that a browser can show. */
export function isShown(kind: FilmKind): boolean {
  return kind === "jpeg" || kind === "png" || kind === "webp";
}
