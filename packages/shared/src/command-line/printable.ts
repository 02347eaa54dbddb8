/**
 * A text as a terminal may show it: names, references and messages are other people's, and may hold what would move its cursor.
 * Joiners stay, as in films' names.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, "\u{FFFD}");
}
