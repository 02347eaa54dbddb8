import i18next from "i18next";
import { type Catalogue, startMessages } from "./catalogues.js";

export async function loadMessages(): Promise<void> {
  // Beside the English one: `de.json` is found by being there.
  const others = import.meta.glob<Catalogue>(["./*.json", "!./en.json"], { import: "default" });
  await startMessages(navigator.languages, others);
  document.documentElement.lang = i18next.language;
}

export const t = i18next.t.bind(i18next);

/** The reader's own kind of the page's language, for numbers and dates: British days are written otherwise than American. */
export function locale(): string {
  const { language } = i18next;
  return navigator.languages.find((tag) => tag.split("-")[0] === language) ?? language;
}
