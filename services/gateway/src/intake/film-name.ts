/** Characters of a name that are kept. */
const longestName = 200;

/**
 * A film's name from a file's: without folders, and without what has no place in a name that a page or a terminal shows. Joiners stay:
 * names of some languages are written with them. Browsers write a quote and an end of line in a form as `%22`, `%0D` and `%0A`, and no
 * other character so.
 */
export function filmName(filename = ""): string {
  const name = filename.split(/[/\\]/).at(-1) ?? "";
  const written = name.replaceAll("%22", '"').replace(/%0[AD]/g, "");
  const plain = written.replace(/[\p{Cc}\p{Cs}\p{Bidi_Control}]/gu, "").trim();
  return [...plain].slice(0, longestName).join("");
}

/** What files of a film's media type end in. */
export function extensionOf(contentType: string): string {
  return contentType.split("/")[1]?.replace("jpeg", "jpg").replace("dicom", "dcm") ?? "bin";
}
