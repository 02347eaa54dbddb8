import type { Grouping } from "./staging.js";
import { createStore } from "./store.js";

/** What the reader chose, kept in this browser. */
export interface Preferences {
  theme: "dark" | "light" | "system";
  grouping: Grouping;
  /** Whether films are examined as soon as they are dropped, where nothing is wrong with them. */
  atOnce: boolean;
  heatmap: boolean;
  heatOpacity: number;
  regions: boolean;
}

const place = "osteon.preferences";

const usual: Preferences = {
  theme: "dark",
  grouping: "film",
  atOnce: false,
  heatmap: true,
  heatOpacity: 0.55,
  regions: true,
};

export const preferences = createStore<Preferences>({ ...usual, ...kept() });

export function prefer(change: Partial<Preferences>): void {
  preferences.set((before) => ({ ...before, ...change }));
}

/** Keeps what is chosen, and applies the theme now and whenever it changes. */
export function watchPreferences(): void {
  const light = matchMedia("(prefers-color-scheme: light)");
  const apply = () => {
    const { theme } = preferences.get();
    const shown = theme === "system" ? (light.matches ? "light" : "dark") : theme;
    document.documentElement.dataset.theme = shown;
  };
  apply();
  light.addEventListener("change", apply);
  preferences.subscribe(() => {
    apply();
    try {
      localStorage.setItem(place, JSON.stringify(preferences.get()));
    } catch {
      // A browser that keeps nothing forgets it with the tab.
    }
  });
}

function kept(): Partial<Preferences> {
  try {
    return JSON.parse(localStorage.getItem(place) ?? "{}") as Partial<Preferences>;
  } catch {
    return {};
  }
}
