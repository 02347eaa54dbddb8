import { OsteonError, ProblemError } from "./errors.js";
import { blobOf, type FilmInput, formOf, type SubmissionFields } from "./films.js";
import {
  type AnalysisEvent,
  type EventsOptions,
  followEvents,
  untilEnd,
  type WaitOptions,
  withinTime,
} from "./follow.js";
import { pagesOf } from "./pages.js";
import { randomId } from "./random-id.js";
import { type CallOptions, type ClientOptions, nothing, Transport } from "./transport.js";
import type {
  Analysis,
  AnalysisStatus,
  LoadedModel,
  Page,
  UploadAddress,
  WebhookDelivery,
  WorkerReload,
} from "./types.js";
import { Webhooks } from "./webhooks.js";

export interface SubmitOptions extends SubmissionFields, CallOptions {
  /** Printable ASCII, 1 to 255. Repeats with it within 24 hours are the same analysis. One is made for each call where it is not given. */
  idempotencyKey?: string | undefined;
}

export interface ListOptions extends CallOptions {
  /** Of a page, 1 to 100. */
  limit?: number | undefined;
  cursor?: string | undefined;
  status?: AnalysisStatus | undefined;
  reference?: string | undefined;
}

export interface GetOptions extends CallOptions {
  /** Seconds (0 to 60) to hold the answer until an end state. */
  wait?: number | undefined;
}

/** Media types that an upload past the gateway may have. */
export type UploadType =
  | "image/jpeg"
  | "image/png"
  | "image/webp"
  | "image/tiff"
  | "application/dicom"
  | "application/octet-stream";

/**
 * Osteon's HTTP contract. Every method throws `ProblemError` for a refusal and `ConnectionError` where no answer came; what may
 * be repeated is repeated before that.
 */
export class Osteon {
  readonly webhooks: Webhooks;
  readonly #transport: Transport;

  constructor(options: ClientOptions = {}) {
    this.#transport = new Transport(options);
    this.webhooks = new Webhooks(this.#transport);
  }

  /**
   * Submits the films of one exam and waits for its end. A failed analysis is returned, with its `error`. What is thrown after the films
   * were accepted names them by `analysisId`.
   */
  async analyze(
    films: FilmInput | readonly FilmInput[],
    options: SubmitOptions & WaitOptions = {},
  ): Promise<Analysis> {
    let found = "No analysis was accepted";
    return withinTime(
      options,
      () => found,
      async (signal) => {
        const { id } = await this.submit(films, { ...options, signal });
        found = notEnded(id);
        return this.#end(id, signal).catch((error: unknown) => {
          if (error instanceof OsteonError) error.analysisId = id;
          throw error;
        });
      },
    );
  }

  /** Submits the films of one exam and returns the promise: the analysis as it was accepted. */
  async submit(films: FilmInput | readonly FilmInput[], options: SubmitOptions = {}): Promise<Analysis> {
    const { idempotencyKey = randomId(), signal, ...fields } = options;
    return this.#transport.json("/v1/analyses", {
      method: "POST",
      headers: { "idempotency-key": quoted(idempotencyKey) },
      body: formOf(isMany(films) ? films : [films], fields),
      repeatable: true,
      signal,
    });
  }

  /** The analysis as it stands, or at its end where that comes within `wait`. */
  get(id: string, { wait = 0, signal }: GetOptions = {}): Promise<Analysis> {
    return this.#transport.json(pathOf(id), {
      query: { wait: wait === 0 ? undefined : wait },
      waitMs: wait * 1000,
      signal,
    });
  }

  /** The analysis at its end. */
  wait(id: string, options: WaitOptions = {}): Promise<Analysis> {
    return withinTime(
      options,
      () => notEnded(id),
      (signal) => this.#end(id, signal),
    );
  }

  /**
   * Each state of the analysis, the present one first, until its end. Comes back where the connection breaks: nothing is told
   * twice.
   */
  events(id: string, options: EventsOptions = {}): AsyncGenerator<AnalysisEvent, void> {
    return followEvents(this.#transport, id, options);
  }

  /** A page of the analyses, newest first. */
  list({ signal, ...query }: ListOptions = {}): Promise<Page<Analysis>> {
    return this.#transport.json("/v1/analyses", { query, signal });
  }

  /** All analyses, newest first, page by page as they are asked for. */
  all(options: ListOptions = {}): AsyncGenerator<Analysis, void> {
    return pagesOf((cursor) => this.list({ ...options, ...cursor }), options.cursor);
  }

  /** Cancels what has not ended; again is the same. */
  cancel(id: string, { signal }: CallOptions = {}): Promise<Analysis> {
    return this.#transport.json(pathOf(id, "/cancel"), { method: "POST", repeatable: true, signal });
  }

  /** Erases every trace of an analysis, running or ended. */
  async erase(id: string, { signal }: CallOptions = {}): Promise<void> {
    await this.#transport.send(pathOf(id), { method: "DELETE", signal }, nothing);
  }

  /** A film as the models read it: PNG, grey. */
  image(id: string, film = 0, options: CallOptions = {}): Promise<Blob> {
    return this.#blob(pathOf(id, `/films/${film}/image.png`), options);
  }

  /** A film as a small picture, for lists: JPEG, grey, the longest side 192 pixels at most. */
  thumbnail(id: string, film = 0, options: CallOptions = {}): Promise<Blob> {
    return this.#blob(pathOf(id, `/films/${film}/thumbnail.jpg`), options);
  }

  /** The heat map of an examined film: PNG, transparent, of the size of `image`. */
  heatmap(id: string, film = 0, options: CallOptions = {}): Promise<Blob> {
    return this.#blob(pathOf(id, `/films/${film}/heatmap.png`), options);
  }

  /** A film's bytes as they came. */
  original(id: string, film = 0, options: CallOptions = {}): Promise<Blob> {
    return this.#blob(pathOf(id, `/films/${film}/original`), options);
  }

  /** Where the analysis's end was delivered: its callbackUrl first, then each endpoint. */
  async deliveries(id: string, { signal }: CallOptions = {}): Promise<WebhookDelivery[]> {
    return (await this.#transport.json<Page<WebhookDelivery>>(pathOf(id, "/deliveries"), { signal })).data;
  }

  /** Makes the delivery to the callbackUrl again. */
  redeliver(id: string, { signal }: CallOptions = {}): Promise<WebhookDelivery> {
    return this.#transport.json(pathOf(id, "/redeliver"), { method: "POST", signal });
  }

  /** The models that are loaded. */
  async models({ signal }: CallOptions = {}): Promise<LoadedModel[]> {
    return (await this.#transport.json<Page<LoadedModel>>("/v1/models", { signal })).data;
  }

  /** A model's card, Markdown of whoever made the bundle. */
  async modelCard(name: string, { signal }: CallOptions = {}): Promise<string> {
    return this.#transport.send(`/v1/models/${encodeURIComponent(name)}/card`, { signal }, (answer) =>
      answer.text(),
    );
  }

  /** Has every worker load what changed of its models; needs the scope `admin`. */
  async reloadModels({ wait, signal }: GetOptions = {}): Promise<WorkerReload[]> {
    const { data } = await this.#transport.json<Page<WorkerReload>>("/v1/models/reload", {
      method: "POST",
      query: { wait },
      waitMs: (wait ?? 60) * 1000,
      repeatable: true,
      signal,
    });
    return data;
  }

  /** An address to put one film to, past the gateway. Only where films are kept in S3. */
  openUpload(
    film: { bytes: number; contentType: UploadType },
    { signal }: CallOptions = {},
  ): Promise<UploadAddress> {
    return this.#transport.json("/v1/uploads", { method: "POST", json: film, repeatable: true, signal });
  }

  /** Puts one film into the store, past the gateway, and returns what names it to a submission. */
  async upload(
    data: Blob | Uint8Array | ArrayBuffer,
    { signal }: CallOptions = {},
  ): Promise<{ upload: string }> {
    const film = blobOf(data);
    const { id, url, method, headers } = await this.openUpload(
      { bytes: film.size, contentType: "application/octet-stream" },
      { signal },
    );
    try {
      await this.#transport.sendPast(url, { method, headers, body: film, signal }, nothing);
    } catch (error) {
      if (!(error instanceof ProblemError) || error.code !== "http-error") throw error;
      const { status, retryAfter, detail } = error;
      throw new ProblemError({ status, detail: `The store did not take the film: ${detail}` }, retryAfter);
    }
    return { upload: id };
  }

  #end(id: string, signal: AbortSignal | undefined): Promise<Analysis> {
    return untilEnd((wait) => this.get(id, { wait, signal }), signal, this.#transport.pauseMs);
  }

  #blob(path: string, { signal }: CallOptions): Promise<Blob> {
    return this.#transport.send(path, { signal }, (answer) => answer.blob());
  }
}

function pathOf(id: string, rest = ""): string {
  return `/v1/analyses/${encodeURIComponent(id)}${rest}`;
}

function notEnded(id: string): string {
  return `The analysis ${id} has not ended`;
}

function isMany(films: FilmInput | readonly FilmInput[]): films is readonly FilmInput[] {
  return Array.isArray(films);
}

/** An Idempotency-Key as its header takes it. @throws TypeError, where fetch would tell of a broken connection */
function quoted(key: string): string {
  if (!/^[\x20-\x7e]{1,255}$/.test(key))
    throw new TypeError("An idempotency key has 1 to 255 printable ASCII characters.");
  return `"${key.replace(/["\\]/g, "\\$&")}"`;
}
