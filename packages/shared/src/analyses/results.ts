import type { Analysis, Film, Timings } from "../contracts/index.js";
import { analysisFolder } from "../storage/analysis-folders.js";
import { getSealed, type ObjectStore, putSealed } from "../storage/index.js";
import type { KeptHeatmap } from "./kept-heatmap.js";
import type { AnalysisRef } from "./ledger.js";

/** How one film ended: what the roll-up is made of. */
export interface FilmResult {
  film: Film;
  timings: Timings;
  /** Digest of the normalised film in the store; absent where it has none, and in results of old. */
  image?: string;
  /** Of an examined film. Its picture is drawn when somebody asks for it. */
  heatmap?: KeptHeatmap;
}

/** `result.json`: the analysis as clients see it, and its films' heat maps by film. */
interface KeptResult {
  analysis: Analysis;
  heatmaps: Record<number, KeptHeatmap>;
}

/** What films and analyses came to, in the ledger. Each is written once: a second comer's is not taken. */
export class Results {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** False where the film has a result already: that one stays. */
  putFilm(ref: AnalysisRef, result: FilmResult): Promise<boolean> {
    return putSealed(this.#store, filmKey(ref, result.film.index), result, { ifAbsent: true });
  }

  /** The results of the films that have ended, by film. */
  async ofFilms({ tenant, id }: AnalysisRef): Promise<Map<number, FilmResult>> {
    const keys = await this.#store.list(`${analysisFolder(tenant, id)}results/`);
    const results = await Promise.all(keys.map((key) => getSealed<FilmResult>(this.#store, key)));
    return new Map(
      results.flatMap((result) => (result === undefined ? [] : [[result.film.index, result] as const])),
    );
  }

  /** False where the analysis has ended already: that end stays. */
  put(ref: AnalysisRef, analysis: Analysis, results: readonly FilmResult[]): Promise<boolean> {
    const heatmaps: KeptResult["heatmaps"] = {};
    for (const { film, heatmap } of results) if (heatmap !== undefined) heatmaps[film.index] = heatmap;
    const kept: KeptResult = { analysis, heatmaps };
    return putSealed(this.#store, resultKey(ref), kept, { ifAbsent: true });
  }

  /** Whether the analysis has ended and is not erased. */
  has(ref: AnalysisRef): Promise<boolean> {
    return this.#store.exists(resultKey(ref));
  }

  async get(ref: AnalysisRef): Promise<Analysis | undefined> {
    return (await this.#kept(ref))?.analysis;
  }

  /** A film's heat map, as soon as the film has ended. */
  async heatmap(ref: AnalysisRef, film: number): Promise<KeptHeatmap | undefined> {
    const ended = await this.#kept(ref);
    // A cancelled analysis keeps what its films had shown by then, each by itself.
    if (ended !== undefined && ended.analysis.status !== "cancelled") return ended.heatmaps[film];
    const result = await getSealed<FilmResult>(this.#store, filmKey(ref, film));
    return result?.heatmap;
  }

  /** The analysis's own: those of its films stay. */
  async remove(ref: AnalysisRef): Promise<void> {
    await this.#store.delete(resultKey(ref));
  }

  #kept(ref: AnalysisRef): Promise<KeptResult | undefined> {
    return getSealed(this.#store, resultKey(ref));
  }
}

function resultKey({ tenant, id }: AnalysisRef): string {
  return `${analysisFolder(tenant, id)}result.json`;
}

function filmKey({ tenant, id }: AnalysisRef, film: number): string {
  return `${analysisFolder(tenant, id)}results/${film}.json`;
}
