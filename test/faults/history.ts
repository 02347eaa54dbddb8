import type { Analysis } from "@osteon/shared";

/** What a run saw, in the order it saw it. `at`: milliseconds since the run began. */
export type Entry = { at: number } & (
  | { type: "submitted"; attempt: number; film: string; gateway: number }
  /** A 202: from here on the analysis is owed. `films` are the names of what was sent. */
  | { type: "promised"; attempt: number; id: string; films: string[]; callback: boolean }
  | { type: "refused"; attempt: number; status: number; code: string }
  /** No answer: it may have been accepted or not. */
  | { type: "unknown"; attempt: number; error: string }
  | { type: "observed"; id: string; gateway: number; analysis: Analysis }
  | { type: "missing"; id: string; gateway: number; status: number }
  | { type: "delivered"; id: string; analysis: Analysis; answered: number | undefined }
  | { type: "written"; key: string }
  | { type: "fault"; name: string; target?: string }
  | { type: "healed"; name: string }
  | { type: "exited"; process: string; how: string }
);
export type EntryType = Entry["type"];

type Told = Entry extends infer E ? (E extends { at: number } ? Omit<E, "at"> : never) : never;

/** The record of a run. */
export class History {
  readonly entries: Entry[] = [];
  readonly #began = performance.now();
  readonly #listeners = new Set<(entry: Entry) => void>();

  /** Milliseconds since the run began. */
  get now(): number {
    return Math.round(performance.now() - this.#began);
  }

  add(entry: Told): void {
    const complete = { at: this.now, ...entry } as Entry;
    this.entries.push(complete);
    for (const listener of this.#listeners) listener(complete);
  }

  onEntry(listener: (entry: Entry) => void): void {
    this.#listeners.add(listener);
  }

  of<T extends EntryType>(type: T): Extract<Entry, { type: T }>[] {
    return this.entries.filter((entry): entry is Extract<Entry, { type: T }> => entry.type === type);
  }

  /** One entry a line. */
  toString(): string {
    return this.entries.map((entry) => JSON.stringify(entry)).join("\n");
  }
}
