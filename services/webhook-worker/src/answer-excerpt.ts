/** Longest excerpt, characters. */
const longest = 500;

/** The beginning of a receiver's answer for people to read: printable characters on one line, undefined where there are none. */
export function excerptOf(body: Buffer): string | undefined {
  const text = body
    .subarray(0, 4 * longest)
    .toString()
    // A sequence that was cut or is no UTF-8, and what could move a terminal's or a page's text around.
    .replace(/[\uFFFD\p{C}\p{Z}]+/gu, " ")
    .trim();
  return text === "" ? undefined : [...text].slice(0, longest).join("");
}
