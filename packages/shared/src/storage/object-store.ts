/** Bytes with what a store needs to know of them. */
export interface PutOptions {
  contentType?: string;
  /** Write only where nothing is yet: of several racers exactly one wins. */
  ifAbsent?: boolean;
}

export interface ListOptions {
  /** Only keys after this one, exclusive. */
  after?: string;
  /** Most entries to return; 1 to 1000. */
  limit?: number;
  /** Roll keys up at the next "/" behind the prefix: entries then end in "/". */
  folders?: boolean;
}

/** An address that takes one object by HTTP PUT without further credentials, and the headers that the PUT must carry. */
export interface PresignedPut {
  url: string;
  headers: Record<string, string>;
}

export interface PresignOptions {
  contentType: string;
  /** Exact length of the object. */
  bytes: number;
  /** How long the address is good. */
  seconds: number;
}

/** What an object is made of. A stream is taken as it comes; where it fails, nothing is stored. */
export type ObjectBody = Uint8Array | string | AsyncIterable<Uint8Array>;

/**
 * Where films, requests and results live: the ledger. Keys are "/"-separated segments of letters, digits, ".", "_", "-".
 * Every driver is consistent: a read after a write sees it. Faults of the store are `store-unavailable`.
 */
export interface ObjectStore {
  /** Durable when it returns. False where `ifAbsent` was asked and the key had an object. */
  put(key: string, body: ObjectBody, options?: PutOptions): Promise<boolean>;
  /** Undefined where the driver has no addresses that a client could put to. */
  presignPut(key: string, options: PresignOptions): Promise<PresignedPut | undefined>;
  /** The object's bytes; undefined where there is none. */
  get(key: string): Promise<Buffer | undefined>;
  /** Bytes of the object; undefined where there is none. */
  size(key: string): Promise<number | undefined>;
  exists(key: string): Promise<boolean>;
  /** No error where there is none. */
  delete(key: string): Promise<void>;
  /** Several at once: one call, where the driver has one for it. No error where there is none. */
  deleteAll(keys: readonly string[]): Promise<void>;
  /** With what was begun to be written there and is not finished. */
  deletePrefix(prefix: string): Promise<void>;
  /** Keys (or folders) with the prefix, in ascending order of their UTF-8 bytes. The prefix must end in "/". */
  list(prefix: string, options?: ListOptions): Promise<string[]>;
  /** Removes what writes of an hour ago and more that a crash broke off have left, where the driver leaves some. Returns how many. */
  sweep(): Promise<number>;
  /** Refuses a store that is away, or that overwrites where a conditional put must not. */
  probe(): Promise<void>;
  close(): Promise<void>;
}

const keyPattern = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;

/** Guards the drivers against a key that would leave its place. */
export function checkKey(key: string): string {
  if (!keyPattern.test(key) || key.length > 900) throw new TypeError("not a storage key");
  return key;
}

/** Every key with the prefix, page by page. */
export async function* walk(
  store: ObjectStore,
  prefix: string,
  options: ListOptions = {},
): AsyncGenerator<string> {
  const limit = options.limit ?? 1000;
  let after = options.after;
  for (;;) {
    const page = await store.list(prefix, { ...options, limit, ...(after === undefined ? {} : { after }) });
    yield* page;
    after = page.at(-1);
    if (page.length < limit || after === undefined) return;
  }
}
