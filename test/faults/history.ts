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

  /**
   * What led to an analysis, a line each: its submission with every try, what was first seen of it, and the faults of the half minute before
   * and behind its promise.
   */
  about(id: string): string[] {
    const promise = this.of("promised").find((each) => each.id === id);
    if (promise === undefined) return [];
    const seen = new Map<string, number>();
    return this.entries.flatMap((entry) => {
      const { at, ...told } = "analysis" in entry ? { ...entry, analysis: entry.analysis.status } : entry;
      const of = "analysis" in entry ? entry.analysis.id : "id" in entry ? entry.id : undefined;
      const own = of === id || ("attempt" in told && told.attempt === promise.attempt);
      const fault = ["fault", "healed", "exited"].includes(told.type) && Math.abs(at - promise.at) < 30_000;
      const times = (seen.get(told.type) ?? 0) + 1;
      if (own) seen.set(told.type, times);
      return fault || (own && times <= 5) ? [`${(at / 1000).toFixed(1)} s ${JSON.stringify(told)}`] : [];
    });
  }

  /** One entry a line. */
  toString(): string {
    return this.entries.map((entry) => JSON.stringify(entry)).join("\n");
  }
}
