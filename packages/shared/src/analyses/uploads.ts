import { isUuidV7, timeOfId } from "../ids.js";
import { getSealed, type ObjectStore, type PresignedPut, putSealed, walk } from "../storage/index.js";
import { idempotencyKeptMs } from "./idempotency-records.js";

/** What stays of an upload that became a film, so that a repeated request is known as one. */
export interface UsedUpload {
  /** `sha256:…` */
  digest: string;
  bytes: number;
}

/** Names an upload: a UUIDv7 as an analysis's id is, and whose it is. */
export interface UploadRef {
  tenant: string;
  id: string;
}

/** How long an address to put to is good. */
export const uploadSeconds = 15 * 60;
/** An upload that no analysis has named by then is gone. */
const uploadKeptMs = 60 * 60_000;

/** It may be used up to then, and the request that did may be repeated for as long as its Idempotency-Key is known. */
const usedKeptMs = uploadKeptMs + idempotencyKeptMs;

const folder = "uploads/";
const usedFolder = "used-uploads/";

/**
 * Films that clients put into the store themselves, until an analysis takes them. In the store they are `uploads/{id}/{tenant}/film`,
 * and what is known of those that were taken `used-uploads/{id}/{tenant}/used.json`: oldest first for the sweep, and another
 * tenant's name leads nowhere.
 */
export class Uploads {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** The address for an upload; undefined where the store has none to give. */
  open(ref: UploadRef, film: { contentType: string; bytes: number }): Promise<PresignedPut | undefined> {
    return this.#store.presignPut(filmKey(ref), { ...film, seconds: uploadSeconds });
  }

  /** Bytes of what was put; undefined where nothing was, or is any more. */
  size(ref: UploadRef): Promise<number | undefined> {
    return this.#store.size(filmKey(ref));
  }

  film(ref: UploadRef): Promise<Buffer | undefined> {
    return this.#store.get(filmKey(ref));
  }

  /** @throws ProblemError `record-damaged` */
  used(ref: UploadRef): Promise<UsedUpload | undefined> {
    return getSealed(this.#store, usedKey(ref));
  }

  /** Notes that an analysis has the film now, and lets the upload go. */
  async use(ref: UploadRef, { digest, bytes }: UsedUpload): Promise<void> {
    const used: UsedUpload = { digest, bytes };
    await putSealed(this.#store, usedKey(ref), used);
    await this.#store.delete(filmKey(ref));
  }

  /** Removes what is past its time, and returns how many. */
  async sweep(now: number): Promise<number> {
    return (
      (await this.#sweepFolder(folder, now - uploadKeptMs)) +
      (await this.#sweepFolder(usedFolder, now - usedKeptMs))
    );
  }

  async #sweepFolder(root: string, before: number): Promise<number> {
    let swept = 0;
    for await (const each of walk(this.#store, root, { folders: true })) {
      const id = each.slice(root.length, -1);
      if (isUuidV7(id) && timeOfId(id) > before) break;
      await this.#store.deletePrefix(each);
      swept += 1;
    }
    return swept;
  }
}

function filmKey({ tenant, id }: UploadRef): string {
  return `${folder}${id}/${tenant}/film`;
}

function usedKey({ tenant, id }: UploadRef): string {
  return `${usedFolder}${id}/${tenant}/used.json`;
}
