import type { AcceptedFilm, AnalysisRequest } from "../contracts/index.js";
import { firstIdOf, isUuidV7 } from "../ids.js";
import { ProblemError, toProblem } from "../problems/index.js";
import { allTenants, analysisFolder, idOfFolder, tenantFolder } from "../storage/analysis-folders.js";
import {
  digestOf,
  digestOfFilm,
  getSealed,
  type ObjectBody,
  type ObjectStore,
  putSealed,
  walk,
} from "../storage/index.js";
import { Deliveries, deliveryRefs, Endpoints } from "../webhooks/index.js";
import { allEnded } from "./all-ended.js";
import { Commitments } from "./commitments.js";
import { IdempotencyRecords } from "./idempotency-records.js";
import { type Marker, Markers } from "./markers.js";
import { Results } from "./results.js";
import { Uploads } from "./uploads.js";

/** A normalised film in the store. */
export interface KeptImage {
  digest: string;
  /** Where another one was there already: that one, as it is. */
  earlier?: Buffer;
}

/** Names an analysis to the ledger. */
export interface AnalysisRef {
  tenant: string;
  id: string;
}

/** The object store as the record of what was promised and what came of it. Results are written once. */
export class Ledger {
  /** From acceptance to the end state. */
  readonly pending: Markers;
  /** Failed analyses that were not tried again. */
  readonly failed: Markers;
  /** From an erasure's first step to its last. */
  readonly erasures: Markers;
  readonly deliveries: Deliveries;
  /** Tenants' webhook endpoints. */
  readonly endpoints: Endpoints;
  /** Films that clients put into the store themselves. */
  readonly uploads: Uploads;
  readonly results: Results;
  readonly idempotency: IdempotencyRecords;
  /** What becomes of acceptances in doubt. */
  readonly commitments: Commitments;
  readonly #store: ObjectStore;

  /** @param onDamagedEndpoint as in `Endpoints` */
  constructor(store: ObjectStore, onDamagedEndpoint?: ConstructorParameters<typeof Endpoints>[1]) {
    this.#store = store;
    this.pending = new Markers(store, "pending/");
    this.failed = new Markers(store, "failed/");
    this.erasures = new Markers(store, "erasures/");
    this.deliveries = new Deliveries(store, (id) => this.tenantOf(id));
    this.endpoints = new Endpoints(store, onDamagedEndpoint);
    this.uploads = new Uploads(store);
    this.results = new Results(store);
    this.idempotency = new IdempotencyRecords(store);
    this.commitments = new Commitments(store);
  }

  /**
   * Keeps a film of an analysis that does not exist yet. The marker comes before it, so that a crash leaves nothing that is
   * not found again: `withdraw` takes back what is refused, the reconciler what nobody came back for.
   */
  async stage(ref: AnalysisRef, film: number, body: ObjectBody): Promise<void> {
    await this.pending.set(ref);
    await this.#store.put(originalKey(ref, film), body);
  }

  /** Keeps the films that were not staged, and the marker before them, also of what was staged: its own may have been swept since. */
  async prepare(request: AnalysisRequest, films: readonly (Uint8Array | undefined)[]): Promise<void> {
    await this.pending.set(request);
    // Not before the last has ended: what is taken back now must not be followed by a film that was still on its way.
    await allEnded(
      request.films.map(async (film, at) => {
        const bytes = films[at];
        if (bytes === undefined) return;
        await this.#store.put(originalKey(request, film.index), bytes, { contentType: film.contentType });
      }),
    );
  }

  /**
   * Makes the promise of what was prepared durable: with its request the analysis exists.
   *
   * @throws ProblemError `request-timeout` where a staged film was swept meanwhile, as one that nobody was still sending
   */
  async accept(request: AnalysisRequest, films: readonly (Uint8Array | undefined)[]): Promise<void> {
    await putSealed(this.#store, requestKey(request), request);
    // Behind it: a sweep that was under way has met the film, or the request.
    const staged = request.films.filter((_, at) => films[at] === undefined);
    const there = await Promise.all(
      staged.map(({ index }) => this.#store.exists(originalKey(request, index))),
    );
    if (there.includes(false)) throw new ProblemError("request-timeout");
  }

  request(ref: AnalysisRef): Promise<AnalysisRequest | undefined> {
    return getSealed(this.#store, requestKey(ref));
  }

  hasRequest(ref: AnalysisRef): Promise<boolean> {
    return this.#store.exists(requestKey(ref));
  }

  /** Whether there is anything of an analysis. */
  async hasAny({ tenant, id }: AnalysisRef): Promise<boolean> {
    return (await this.#store.list(analysisFolder(tenant, id), { limit: 1 })).length > 0;
  }

  original(ref: AnalysisRef, film: number): Promise<Buffer | undefined> {
    return this.#store.get(originalKey(ref, film));
  }

  /** The normalised film, a PNG. */
  image(ref: AnalysisRef, film: number): Promise<Buffer | undefined> {
    return this.#store.get(imageKey(ref, film));
  }

  hasImage(ref: AnalysisRef, film: number): Promise<boolean> {
    return this.#store.exists(imageKey(ref, film));
  }

  /**
   * The normalised film as it was written.
   *
   * @param digest as `putImage` told it; unchecked where it is not known
   * @throws ProblemError `film-lost`, `film-altered`
   */
  async writtenImage(ref: AnalysisRef, film: number, digest?: string): Promise<Buffer> {
    return this.#asWritten(await this.image(ref, film), digest);
  }

  /**
   * The film's bytes as they came.
   *
   * @throws ProblemError `film-lost`, `film-altered`
   */
  async writtenOriginal(ref: AnalysisRef, { index, digest }: AcceptedFilm): Promise<Buffer> {
    return this.#asWritten(await this.original(ref, index), digest);
  }

  /**
   * Keeps a normalised film. One that is there stays, as its digest may have been handed on: another version of the worker
   * may make other bytes of the same film.
   */
  async putImage(ref: AnalysisRef, film: number, png: Uint8Array): Promise<KeptImage> {
    const digest = digestOf(png);
    const options = { contentType: "image/png", ifAbsent: true };
    if (await this.#store.put(imageKey(ref, film), png, options)) return { digest };
    const kept = await this.writtenImage(ref, film);
    const first = digestOf(kept);
    return first === digest ? { digest } : { digest: first, earlier: kept };
  }

  async #asWritten(bytes: Buffer | undefined, digest: string | undefined): Promise<Buffer> {
    if (bytes === undefined) throw new ProblemError("film-lost");
    if (digest !== undefined && (await digestOfFilm(bytes)) !== digest)
      throw new ProblemError("film-altered", undefined, { retryable: false });
    return bytes;
  }

  /** Whose an analysis is, or what is left of it, where its marker cannot say so any more. */
  async tenantOf(id: string): Promise<string | undefined> {
    for await (const tenant of this.tenants()) {
      if (await this.hasAny({ tenant, id })) return tenant;
    }
    return undefined;
  }

  /** Removes what writes that a crash broke off have left. Returns how many. */
  sweep(): Promise<number> {
    return this.#store.sweep();
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

  /** Everybody who has analyses. */
  async *tenants(): AsyncGenerator<string> {
    for await (const folder of walk(this.#store, allTenants, { folders: true }))
      yield folder.slice(allTenants.length, -1);
  }

  /** Ids of a tenant's analyses from before a time, milliseconds since the epoch; newest first. */
  async *acceptedBefore(tenant: string, time: number): AsyncGenerator<string> {
    const after = analysisFolder(tenant, firstIdOf(time));
    for await (const folder of walk(this.#store, tenantFolder(tenant), { folders: true, after }))
      yield idOfFolder(folder);
  }

  /**
   * Takes back what is not accepted, because of a fault. After one of the store the marker stays for the reconciler: a write
   * that nobody had an answer to may still arrive.
   */
  withdraw(ref: AnalysisRef, fault: unknown): Promise<void> {
    return toProblem(fault).code === "store-unavailable" ? this.removeAllButMarker(ref) : this.removeAll(ref);
  }

  /** Takes an analysis from whoever asks for it. In this order: what had ended is never seen as unfinished. */
  async hide(ref: AnalysisRef): Promise<void> {
    await this.#store.delete(requestKey(ref));
    await this.results.remove(ref);
  }

  /** Notes which analysis examined the films of a failed one again: who erases the one erases the other. */
  async noteRetry(ref: AnalysisRef, id: string): Promise<void> {
    await this.#store.put(retryKey(ref), id, { contentType: "text/plain" });
  }

  /** The id of the analysis that examined the films again. */
  async retriedAs(ref: AnalysisRef): Promise<string | undefined> {
    const id = (await this.#store.get(retryKey(ref)))?.toString();
    return id !== undefined && isUuidV7(id) ? id : undefined;
  }

  /** Takes what is gone off the list of failures: an erasure that came before it was noted there has not met it. @returns whether it is gone */
  async unlistWhereGone(ref: AnalysisRef): Promise<boolean> {
    if ((await this.hasRequest(ref)) || (await this.results.has(ref))) return false;
    await this.failed.remove(ref.id);
    return true;
  }

  /** Whether an erasure was begun and is not finished, or what was under way then may still write. */
  async isBeingErased(ref: AnalysisRef): Promise<boolean> {
    return (await this.erasure(ref)) !== undefined;
  }

  /** The marker of an erasure. */
  async erasure({ tenant, id }: AnalysisRef): Promise<Marker | undefined> {
    const marker = await this.erasures.find(id, () => this.tenantOf(id));
    return marker?.tenant === tenant ? marker : undefined;
  }

  /** All but the marker. */
  async removeAllButMarker({ tenant, id }: AnalysisRef): Promise<void> {
    await this.#store.deletePrefix(analysisFolder(tenant, id));
    for (const ref of await deliveryRefs(this.endpoints, tenant, id)) await this.deliveries.remove(ref);
    await this.failed.remove(id);
  }

  /** Every trace in the store. The marker goes last: until then the rest is found again. */
  async removeAll(ref: AnalysisRef): Promise<void> {
    await this.removeAllButMarker(ref);
    await this.pending.remove(ref.id);
  }
}

function requestKey({ tenant, id }: AnalysisRef): string {
  return `${analysisFolder(tenant, id)}request.json`;
}

function retryKey({ tenant, id }: AnalysisRef): string {
  return `${analysisFolder(tenant, id)}retried`;
}

function originalKey({ tenant, id }: AnalysisRef, film: number): string {
  return `${analysisFolder(tenant, id)}original-${film}`;
}

function imageKey({ tenant, id }: AnalysisRef, film: number): string {
  return `${analysisFolder(tenant, id)}image-${film}.png`;
}
