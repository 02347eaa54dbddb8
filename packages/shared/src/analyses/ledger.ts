import type { Analysis, AnalysisRequest, Film, Timings } from "../contracts/index.js";
import { type ObjectStore, walk } from "../storage/index.js";
import { analysisFolder, deliveriesFolder, idOfFolder, pendingFolder, tenantFolder } from "./keys.js";

/** How one film ended: what the roll-up is made of. */
export interface FilmResult {
  film: Film;
  timings: Timings;
}

export interface Marker {
  tenant: string;
}

export type Picture = "image" | "heatmap";

/** Names an analysis to the ledger. */
export interface AnalysisRef {
  tenant: string;
  id: string;
}

/** The object store as the record of what was promised and what came of it. Results are written once. */
export class Ledger {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /**
   * Makes the promise durable. The marker comes first, so that a crash in between leaves nothing that is not found again;
   * `request.json` comes last: with it the analysis exists.
   */
  async accept(request: AnalysisRequest, films: readonly Uint8Array[]): Promise<void> {
    await this.#store.put(
      pendingFolder + request.id,
      JSON.stringify({ tenant: request.tenant } satisfies Marker),
    );
    const folder = analysisFolder(request.tenant, request.id);
    await Promise.all(
      request.films.map((film, at) =>
        this.#store.put(`${folder}films/${film.index}/original`, films[at] ?? new Uint8Array(), {
          contentType: film.contentType,
        }),
      ),
    );
    await this.#putJson(`${folder}request.json`, request);
  }

  request({ tenant, id }: AnalysisRef): Promise<AnalysisRequest | undefined> {
    return this.#getJson(`${analysisFolder(tenant, id)}request.json`);
  }

  original({ tenant, id }: AnalysisRef, film: number): Promise<Buffer | undefined> {
    return this.#store.get(`${analysisFolder(tenant, id)}films/${film}/original`);
  }

  picture({ tenant, id }: AnalysisRef, film: number, picture: Picture): Promise<Buffer | undefined> {
    return this.#store.get(`${analysisFolder(tenant, id)}films/${film}/${picture}.png`);
  }

  async putPicture(
    { tenant, id }: AnalysisRef,
    film: number,
    picture: Picture,
    png: Uint8Array,
  ): Promise<void> {
    await this.#store.put(`${analysisFolder(tenant, id)}films/${film}/${picture}.png`, png, {
      contentType: "image/png",
    });
  }

  /** False where the film has a result already: that one stays. */
  putFilmResult({ tenant, id }: AnalysisRef, result: FilmResult): Promise<boolean> {
    return this.#putJson(`${analysisFolder(tenant, id)}results/${result.film.index}.json`, result, true);
  }

  /** The results of the films that have ended, by film. */
  async filmResults({ tenant, id }: AnalysisRef): Promise<Map<number, FilmResult>> {
    const keys = await this.#store.list(`${analysisFolder(tenant, id)}results/`);
    const results = await Promise.all(keys.map((key) => this.#getJson<FilmResult>(key)));
    return new Map(
      results.flatMap((result) => (result === undefined ? [] : [[result.film.index, result] as const])),
    );
  }

  /** False where the analysis has ended already: that end stays. */
  putResult({ tenant, id }: AnalysisRef, analysis: Analysis): Promise<boolean> {
    return this.#putJson(`${analysisFolder(tenant, id)}result.json`, analysis, true);
  }

  result({ tenant, id }: AnalysisRef): Promise<Analysis | undefined> {
    return this.#getJson(`${analysisFolder(tenant, id)}result.json`);
  }

  /** Ids of a tenant's analyses, newest first. */
  async list(tenant: string, limit: number, after?: string): Promise<string[]> {
    const folders = await this.#store.list(tenantFolder(tenant), {
      folders: true,
      limit,
      ...(after === undefined ? {} : { after: analysisFolder(tenant, after) }),
    });
    return folders.map(idOfFolder);
  }

  /** Ids of the analyses that have not ended. */
  async *pending(): AsyncGenerator<string> {
    for await (const key of walk(this.#store, pendingFolder)) yield key.slice(pendingFolder.length);
  }

  pendingMarker(id: string): Promise<Marker | undefined> {
    return this.#getJson(pendingFolder + id);
  }

  unmarkPending(id: string): Promise<void> {
    return this.#store.delete(pendingFolder + id);
  }

  /** Notes that a delivery is owed, until it is made or given up. */
  async markDelivery({ tenant, id }: AnalysisRef): Promise<void> {
    await this.#putJson(deliveriesFolder + id, { tenant } satisfies Marker);
  }

  async *deliveries(): AsyncGenerator<string> {
    for await (const key of walk(this.#store, deliveriesFolder)) yield key.slice(deliveriesFolder.length);
  }

  deliveryMarker(id: string): Promise<Marker | undefined> {
    return this.#getJson(deliveriesFolder + id);
  }

  unmarkDelivery(id: string): Promise<void> {
    return this.#store.delete(deliveriesFolder + id);
  }

  /** Every trace in the store. The marker goes last: until then the rest is found again. */
  async erase({ tenant, id }: AnalysisRef): Promise<void> {
    await this.#store.deletePrefix(analysisFolder(tenant, id));
    await this.unmarkDelivery(id);
    await this.unmarkPending(id);
  }

  #putJson(key: string, value: object, ifAbsent = false): Promise<boolean> {
    return this.#store.put(key, JSON.stringify(value), { contentType: "application/json", ifAbsent });
  }

  async #getJson<T>(key: string): Promise<T | undefined> {
    const bytes = await this.#store.get(key);
    return bytes === undefined ? undefined : (JSON.parse(bytes.toString()) as T);
  }
}
