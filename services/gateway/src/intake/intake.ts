import { createHash } from "node:crypto";
import { type AnalysisRef, type Config, inSlices, isUuidV7, type Ledger, ProblemError } from "@osteon/shared";
import { uuidv7 } from "@osteon/shared/libraries/uuid";
import type { LimitFunction } from "p-limit";
import type { MemoryBudget } from "./memory-budget.js";

/** A film that came in, not looked into yet. */
export interface IncomingFilm {
  /** As the client named it, without folders; never used as a path. */
  name?: string;
  /** `sha256:…`, computed while it came. */
  digest: string;
  bytes: number;
  /** The bytes, where they are held here; else they are staged in the store. */
  held?: Buffer;
  /** The upload that it came by. */
  upload?: { id: string; used: boolean };
}

export interface IntakeParts {
  ledger: Ledger;
  config: Config;
  /** Whose films they are. */
  tenant: string;
  /** Through it goes whatever holds a whole large film in memory. */
  heavy: LimitFunction;
  /** Through it goes whatever holds a small film again that went to the store for want of room: it waits for no large one. */
  light: LimitFunction;
  /** Through it goes the look into a film that is held: what a decoder copies and unfolds of it is counted nowhere. */
  inHand: LimitFunction;
  /** What all requests may hold in memory together. */
  memory: MemoryBudget;
}

/**
 * What one request may hold in memory, bytes, as long as there is room for it among all requests: most films are smaller, and cost the
 * store nothing where they are refused.
 */
const mostHeldOfRequest = 8 * 1024 * 1024;
/** More than all fields of a form and its parts' headers can be. */
const mostBesideFilms = 1024 * 1024;

/**
 * The films of one request, on their way in. The first megabytes are held in memory; what goes beyond is streamed to its place
 * in the store. Limits and digest are of the bytes as they pass.
 */
export class Intake {
  readonly films: IncomingFilm[] = [];
  readonly #parts: IntakeParts;
  #ref: AnalysisRef | undefined;
  #bytes = 0;
  #held = 0;
  #staged = false;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /**
   * The analysis that the films are for. Named when somebody first asks, which is at acceptance unless a film was staged before: lists are
   * in the order of ids, and a slow submission must not appear behind what was listed while it came.
   */
  get ref(): AnalysisRef {
    this.#ref ??= { tenant: this.#parts.tenant, id: uuidv7() };
    return this.#ref;
  }

  /** Told the length of a film before it comes. @throws ProblemError `film-too-large` */
  announce(bytes: number): void {
    if (bytes > this.#parts.config.MAX_FILM_BYTES) throw new ProblemError("film-too-large");
  }

  /** Told the length of a form before it comes. @throws ProblemError `upload-too-large` */
  announceForm(bytes: number): void {
    if (bytes > this.#parts.config.MAX_UPLOAD_BYTES + mostBesideFilms)
      throw new ProblemError("upload-too-large");
  }

  /** @throws ProblemError `too-many-films`, `film-too-large`, `upload-too-large` */
  async take(stream: AsyncIterable<Buffer>, name?: string): Promise<IncomingFilm> {
    if (this.films.length >= this.#parts.config.MAX_FILMS) throw new ProblemError("too-many-films");
    const hash = createHash("sha256");
    const source = this.#measured(stream, (chunk) => hash.update(chunk));
    const before = this.#bytes;
    const held = await this.#hold(source);
    const film: IncomingFilm = {
      ...(name === undefined ? {} : { name }),
      digest: `sha256:${hash.digest("hex")}`,
      bytes: this.#bytes - before,
      ...(held === undefined ? {} : { held }),
    };
    this.films.push(film);
    return film;
  }

  /** Takes a film that the client put into the store itself. @throws ProblemError also `upload-not-found` */
  async takeUpload(name: string): Promise<void> {
    const id = name.toLowerCase();
    if (!isUuidV7(id)) throw new ProblemError("upload-not-found");
    if (this.films.some(({ upload }) => upload?.id === id))
      throw new ProblemError("validation-failed", "An upload is named twice.");
    const { tenant, ledger } = this.#parts;
    const { uploads } = ledger;
    const ref = { tenant, id };
    // Asked for first: whoever has its address can put a film there again.
    const [used, size] = await Promise.all([uploads.used(ref), uploads.size(ref)]);
    if (used !== undefined) {
      this.films.push({ ...used, upload: { id, used: true } });
      return;
    }
    this.announce(size ?? 0);
    const film = await this.#parts.heavy(async () => {
      const bytes = await uploads.film(ref);
      return bytes === undefined ? undefined : this.take(inSlices(bytes));
    });
    if (film !== undefined) {
      film.upload = { id, used: false };
      return;
    }
    // Another request may have taken it between.
    const taken = await uploads.used(ref);
    if (taken === undefined) throw new ProblemError("upload-not-found");
    this.films.push({ ...taken, upload: { id, used: true } });
  }

  /** A film's bytes, wherever they are. */
  async use<T>(index: number, step: (bytes: Buffer) => Promise<T>): Promise<T> {
    const { held, bytes: length = 0 } = this.films[index] ?? {};
    const { heavy, light, inHand } = this.#parts;
    if (held !== undefined) return inHand(() => step(held));
    const limit = length > mostHeldOfRequest ? heavy : light;
    return limit(async () => {
      const bytes = await this.#parts.ledger.original(this.ref, index);
      // Swept meanwhile, as what nobody was still sending.
      if (bytes === undefined) throw new ProblemError("request-timeout");
      return step(bytes);
    });
  }

  /** Lets go of what is held, once nobody needs it any more. */
  close(): void {
    this.#giveBack(this.#held);
  }

  /** What is staged is not to be taken back: it may be somebody's promise. */
  keep(): void {
    this.#staged = false;
  }

  /**
   * Takes back what was staged, where the films are not accepted. Where the store is away the reconciler does.
   * @param fault why they are not, where it is one
   */
  async discard(fault?: unknown): Promise<void> {
    if (this.#staged) await this.#parts.ledger.withdraw(this.ref, fault).catch(() => undefined);
  }

  async *#measured(stream: AsyncIterable<Buffer>, each: (chunk: Buffer) => void): AsyncGenerator<Buffer> {
    const { MAX_FILM_BYTES, MAX_UPLOAD_BYTES } = this.#parts.config;
    const before = this.#bytes;
    for await (const chunk of stream) {
      this.#bytes += chunk.length;
      if (this.#bytes - before > MAX_FILM_BYTES) throw new ProblemError("film-too-large");
      if (this.#bytes > MAX_UPLOAD_BYTES) throw new ProblemError("upload-too-large");
      each(chunk);
      yield chunk;
    }
  }

  /** Reads a film into memory; undefined where it was too much for it and went to the store. */
  async #hold(source: AsyncGenerator<Buffer>): Promise<Buffer | undefined> {
    const { memory, tenant } = this.#parts;
    const chunks: Buffer[] = [];
    let bytes = 0;
    for (;;) {
      const { done, value } = await source.next();
      if (done === true) break;
      chunks.push(value);
      if (this.#held + value.length > mostHeldOfRequest || !memory.tryTake(tenant, value.length)) {
        await this.#stage(chunks, source);
        this.#giveBack(bytes);
        return undefined;
      }
      bytes += value.length;
      this.#held += value.length;
    }
    return Buffer.concat(chunks);
  }

  #giveBack(bytes: number): void {
    this.#held -= bytes;
    this.#parts.memory.give(this.#parts.tenant, bytes);
  }

  async #stage(chunks: Buffer[], source: AsyncGenerator<Buffer>): Promise<void> {
    this.#staged = true;
    let fault: unknown;
    const all = async function* () {
      try {
        for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) yield chunk;
        yield* source;
      } catch (error) {
        fault = error;
        throw error;
      }
    };
    try {
      await this.#parts.ledger.stage(this.ref, this.films.length, all());
    } catch (error) {
      // What was wrong with the film's way here, not what the store made of it.
      throw fault ?? error;
    }
  }
}
