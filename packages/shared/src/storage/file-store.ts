import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
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
 * `.id` tells, once the store was probed, a folder that is away from one that is empty (docs/decisions/0052-file-store-id.md).
 */
export class FileStore implements ObjectStore {
  readonly #root: string;
  readonly #temporary: string;
  readonly #idFile: string;
  /** Undefined until the store was probed. */
  #id: string | undefined;

  constructor(root: string) {
    this.#root = path.resolve(root);
    this.#temporary = path.join(this.#root, ".tmp");
    this.#idFile = path.join(this.#root, ".id");
  }

  async put(key: string, body: ObjectBody, options: PutOptions = {}): Promise<boolean> {
    const target = this.#file(key);
    return this.#guarded(() => this.#write(target, body, options.ifAbsent === true));
  }

  get(key: string): Promise<Buffer | undefined> {
    return this.#guarded(() => this.#absentAs(undefined, () => readWhole(this.#file(key))));
  }

  async presignPut(): Promise<undefined> {
    return undefined;
  }

  size(key: string): Promise<number | undefined> {
    return this.#guarded(() => this.#absentAs(undefined, async () => (await stat(this.#file(key))).size));
  }

  exists(key: string): Promise<boolean> {
    return this.#guarded(() => this.#absentAs(false, async () => (await stat(this.#file(key))).isFile()));
  }

  delete(key: string): Promise<void> {
    return this.#guarded(() => this.#absentAs(undefined, () => unlink(this.#file(key))));
  }

  async deleteAll(keys: readonly string[]): Promise<void> {
    await Promise.all(keys.map((key) => this.delete(key)));
  }

  deletePrefix(prefix: string): Promise<void> {
    const folder = this.#folder(prefix);
    // A folder into which somebody writes while it goes is not empty when it should be.
    return this.#guarded(async () => {
      this.#checkThere();
      await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
      this.#checkThere();
    });
  }

  list(prefix: string, options: ListOptions = {}): Promise<string[]> {
    const folder = this.#folder(prefix);
    const limit = options.limit ?? 1000;
    const found: string[] = [];
    return this.#guarded(async () => {
      await collect(folder, prefix, options, limit, found);
      this.#checkThere();
      return found;
    });
  }

  async sweep(): Promise<number> {
    return this.#guarded(async () => {
      let swept = 0;
      const before = Date.now() - brokenOffMs;
      for (const name of await this.#absentAs([], () => readdir(this.#temporary))) {
        const file = path.join(this.#temporary, name);
        const old = await this.#absentAs(false, async () => (await stat(file)).mtimeMs < before);
        if (!old) continue;
        await rm(file, { force: true });
        swept += 1;
      }
      return swept;
    });
  }

  async probe(): Promise<void> {
    await probeConditionalPut(this);
    await this.#guarded(async () => {
      await this.#write(this.#idFile, randomUUID(), true);
      this.#id ??= readFileSync(this.#idFile, "utf8");
      this.#checkThere();
    });
  }

  async close(): Promise<void> {}

  #file(key: string): string {
    return path.join(this.#root, checkKey(key));
  }

  #folder(prefix: string): string {
    if (!prefix.endsWith("/")) throw new TypeError('a prefix must end in "/"');
    return this.#file(prefix.slice(0, -1));
  }

  async #write(target: string, body: ObjectBody, ifAbsent: boolean): Promise<boolean> {
    const temporary = path.join(this.#temporary, randomUUID());
    // Else a store that is away would be begun anew in its place.
    const mayMake = () => this.#checkThere();
    await writeNew(temporary, body, mayMake);
    return place(temporary, target, ifAbsent, mayMake);
  }

  /** Throws where the folder is not the store that was probed: a disk that is not mounted leaves none, or an empty one. */
  #checkThere(): void {
    if (this.#id !== undefined && readFileSync(this.#idFile, "utf8") !== this.#id)
      throw new ProblemError("store-unavailable", "The object store's folder is not the one of the start.");
  }

  async #absentAs<T>(absent: T, step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      if (!isAbsent(error)) throw error;
      this.#checkThere();
      return absent;
    }
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

const isAbsent = (error: unknown) => errno(error) === "ENOENT" || errno(error) === "ENOTDIR";

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
  const entries = await opendir(folder, { bufferSize: 256 }).catch((error: unknown) => {
    if (!isAbsent(error)) throw error;
    return undefined;
  });
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
