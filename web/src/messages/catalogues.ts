import i18next from "i18next";
import en from "./en.json" with { type: "json" };

/** What a language has of the texts; English fills its gaps. */
export type Catalogue = { [Key in keyof typeof en]?: Partial<(typeof en)[Key]> };

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof en };
  }
}

/**
 * Loads the catalogue of the first of the reader's languages that has one.
 *
 * @param wanted the reader's languages, best first, as the browser names them
 * @param others catalogues beside the English one, by file: `./de.json`
 */
export async function startMessages(
  wanted: readonly string[],
  others: Readonly<Record<string, () => Promise<Catalogue>>>,
): Promise<void> {
  const language = wanted
    .map((tag) => tag.split("-")[0] ?? tag)
    .find((tag) => tag === "en" || others[`./${tag}.json`] !== undefined);
  const load = language === undefined ? undefined : others[`./${language}.json`];
  await i18next.init({
    lng: language ?? "en",
    fallbackLng: "en",
    resources: {
      en: { translation: en },
      ...(load === undefined || language === undefined ? {} : { [language]: { translation: await load() } }),
    },
    // React does that.
    interpolation: { escapeValue: false },
  });
}
