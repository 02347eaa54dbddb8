import { randomUUID } from "node:crypto";
import { readdir, rm, stat, unlink } from "node:fs/promises";
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
  const entries = await absentAs([], () => readdir(folder, { withFileTypes: true }));
  const names = entries
    .map((entry) => `${prefix}${entry.name}${entry.isDirectory() ? "/" : ""}`)
    .sort((a, b) => (a < b ? -1 : 1));
  for (const name of names) {
    if (found.length >= limit) return;
    const isFolder = name.endsWith("/");
    const passed = options.after !== undefined && name <= options.after;
    if (isFolder && options.folders !== true) {
      if (!passed || options.after?.startsWith(name)) {
        await collect(path.join(folder, path.basename(name)), name, options, limit, found);
      }
    } else if (!passed && (isFolder || options.folders !== true)) {
      found.push(name);
    }
  }
}
