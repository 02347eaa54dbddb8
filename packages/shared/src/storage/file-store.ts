import { randomUUID } from "node:crypto";
import { opendir, readdir, rm, stat, unlink } from "node:fs/promises";
import path from "node:path";
import { ProblemError } from "../problems/index.js";
import { errno, place, readWhole, writeNew } from "./durable-file.js";
import {
  checkKey,
  type ListOptions,
  type ObjectBody,
  type ObjectStore,
  type PutOptions,
} from "./object-store.js";
import { probeConditionalPut } from "./probe.js";

/** No write takes so long. */
const brokenOffMs = 3_600_000;

/**
 * Objects as files of a folder. A write is a new file that is synced and then renamed, or linked where the condition
 * asks that nothing be there, so a reader sees a whole object or none, and a crash leaves at most a file in `.tmp`.
 */
export class FileStore implements ObjectStore {
  readonly driver = "file";
  readonly #root: string;
  readonly #temporary: string;

  constructor(root: string) {
    this.#root = path.resolve(root);
    this.#temporary = path.join(this.#root, ".tmp");
  }

  async put(key: string, body: ObjectBody, options: PutOptions = {}): Promise<boolean> {
    const target = this.#file(key);
    return this.#guarded(async () => {
      const temporary = path.join(this.#temporary, randomUUID());
      await writeNew(temporary, body);
      return place(temporary, target, options.ifAbsent === true);
    });
  }

  get(key: string): Promise<Buffer | undefined> {
    return this.#guarded(() => absentAs(undefined, () => readWhole(this.#file(key))));
  }

  async presignPut(): Promise<undefined> {
    return undefined;
  }

  size(key: string): Promise<number | undefined> {
    return this.#guarded(() => absentAs(undefined, async () => (await stat(this.#file(key))).size));
  }

  exists(key: string): Promise<boolean> {
    return this.#guarded(() => absentAs(false, async () => (await stat(this.#file(key))).isFile()));
  }

  delete(key: string): Promise<void> {
    return this.#guarded(() => absentAs(undefined, () => unlink(this.#file(key))));
  }

  async deleteAll(keys: readonly string[]): Promise<void> {
    await Promise.all(keys.map((key) => this.delete(key)));
  }

  deletePrefix(prefix: string): Promise<void> {
    const folder = this.#folder(prefix);
    // A folder into which somebody writes while it goes is not empty when it should be.
    return this.#guarded(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 }));
  }

  list(prefix: string, options: ListOptions = {}): Promise<string[]> {
    const folder = this.#folder(prefix);
    const limit = options.limit ?? 1000;
    const found: string[] = [];
    return this.#guarded(async () => {
      await collect(folder, prefix, options, limit, found);
      return found;
    });
  }

  async sweep(): Promise<number> {
    return this.#guarded(async () => {
      let swept = 0;
      const before = Date.now() - brokenOffMs;
      for (const name of await absentAs([], () => readdir(this.#temporary))) {
        const file = path.join(this.#temporary, name);
        const old = await absentAs(false, async () => (await stat(file)).mtimeMs < before);
        if (!old) continue;
        await rm(file, { force: true });
        swept += 1;
      }
      return swept;
    });
  }

  async probe(): Promise<void> {
    await probeConditionalPut(this);
  }

  async close(): Promise<void> {}

  #file(key: string): string {
    return path.join(this.#root, checkKey(key));
  }

  #folder(prefix: string): string {
    if (!prefix.endsWith("/")) throw new TypeError('a prefix must end in "/"');
    return this.#file(prefix.slice(0, -1));
  }

  async #guarded<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      if (error instanceof TypeError || error instanceof ProblemError) throw error;
      throw new ProblemError("store-unavailable", `The object store failed (${errno(error) ?? "unknown"}).`, {
        cause: error,
      });
    }
  }
}

async function absentAs<T>(absent: T, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (errno(error) === "ENOENT" || errno(error) === "ENOTDIR") return absent;
    throw error;
  }
}

/** Depth-first in the order of whole keys: a folder sorts as its name with "/" behind it. */
async function collect(
  folder: string,
  prefix: string,
  options: ListOptions,
  limit: number,
  found: string[],
): Promise<void> {
  const { after, folders = false } = options;
  const wanted = (name: string) => {
    if (folders && !name.endsWith("/")) return false;
    return after === undefined || name > after || (!folders && name.endsWith("/") && after.startsWith(name));
  };
  let last = "";
  for (;;) {
    const most = limit - found.length;
    const names = await firstNames(folder, prefix, most, (name) => name > last && wanted(name));
    for (const name of names) {
      if (found.length >= limit) return;
      if (folders || !name.endsWith("/")) found.push(name);
      else await collect(path.join(folder, path.basename(name)), name, options, limit, found);
    }
    if (names.length < most || found.length >= limit) return;
    last = names.at(-1) ?? "";
  }
}

/** The first names of a folder, at most `most`, in order. It is read in parts: one of many thousands must not hold the event loop. */
async function firstNames(
  folder: string,
  prefix: string,
  most: number,
  wanted: (name: string) => boolean,
): Promise<string[]> {
  const first: string[] = [];
  const entries = await absentAs(undefined, () => opendir(folder, { bufferSize: 256 }));
  if (entries === undefined) return first;
  for await (const entry of entries) {
    const name = `${prefix}${entry.name}${entry.isDirectory() ? "/" : ""}`;
    const behind = first.length === most && name > (first.at(-1) ?? "");
    if (behind || !wanted(name)) continue;
    first.splice(placeIn(first, name), 0, name);
    if (first.length > most) first.pop();
  }
  return first;
}

/** Where a name belongs among sorted ones. */
function placeIn(names: readonly string[], name: string): number {
  let [low, high] = [0, names.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((names[middle] ?? "") < name) low = middle + 1;
    else high = middle;
  }
  return low;
}
