/** Media types that are told apart by content. */
export type FilmType = "image/jpeg" | "image/png" | "image/webp" | "image/tiff" | "application/dicom";

/** How many of the first bytes `sniff` looks at. */
export const sniffBytes = 132;

/** The first bytes of kinds of file that clients send by mistake, to name them in the refusal. */
const strangers: readonly [name: string, offset: number, magic: string][] = [
  ["a GIF picture", 0, "GIF8"],
  ["a BMP picture", 0, "BM"],
  ["a PDF document", 0, "%PDF"],
  ["an SVG picture", 0, "<svg"],
  ["a ZIP archive", 0, "PK\x03\x04"],
  ["a JPEG 2000 picture", 4, "jP  "],
  ["a HEIF or AVIF picture", 4, "ftyp"],
];

function has(bytes: Uint8Array, offset: number, magic: string): boolean {
  if (bytes.length < offset + magic.length) return false;
  for (let i = 0; i < magic.length; i++) if (bytes[offset + i] !== magic.charCodeAt(i)) return false;
  return true;
}

/** The media type that the content's magic bytes say, `undefined` where none that Osteon knows. Names are never asked. */
export function sniff(bytes: Uint8Array): FilmType | undefined {
  if (has(bytes, 0, "\xff\xd8\xff")) return "image/jpeg";
  if (has(bytes, 0, "\x89PNG\r\n\x1a\n")) return "image/png";
  if (has(bytes, 0, "RIFF") && has(bytes, 8, "WEBP")) return "image/webp";
  if (has(bytes, 128, "DICM")) return "application/dicom";
  // Classic TIFF (42) and BigTIFF (43), in both byte orders.
  for (const magic of ["II*\0", "MM\0*", "II+\0", "MM\0+"]) if (has(bytes, 0, magic)) return "image/tiff";
  return undefined;
}

/** What a file that is no film seems to be, for the reader of the refusal; `undefined` where it says nothing. */
export function nameStranger(bytes: Uint8Array): string | undefined {
  return strangers.find(([, offset, magic]) => has(bytes, offset, magic))?.[0];
}
