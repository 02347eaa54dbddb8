/** Width that a text takes. */
type WidthOf = (text: string) => number;

/** Cuts a line that is too long, by whole characters. */
export function cut(text: string, room: number, widthOf: WidthOf): string {
  if (widthOf(text) <= room) return text;
  const letters = [...text];
  while (letters.length > 1 && widthOf(`${letters.join("")}…`) > room) letters.pop();
  return `${letters.join("")}…`;
}

/** Breaks a text into lines, between words, and within those that are longer than a line. */
export function wrap(text: string, room: number, widthOf: WidthOf): string[] {
  const lines: string[] = [];
  let line = "";
  const add = (part: string) => {
    if (line !== "" && widthOf(line + part.trimEnd()) > room) {
      lines.push(line.trimEnd());
      line = "";
    }
    line += part;
  };
  for (const word of text.match(/\S+\s*|\s+/g) ?? [""]) {
    if (widthOf(word.trimEnd()) <= room) add(word);
    else for (const letter of word) add(letter);
  }
  return [...lines, line.trimEnd()];
}
