import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { converterRevision, toSavedModel } from "./converter/index.js";

const day = 24 * 60 * 60 * 1000;
/** A conversion that nobody opened for this long is removed. */
const keptMs = 30 * day;

/**
 * SavedModels made of ONNX models, kept by the model's digest in a folder that processes share. A conversion appears whole or
 * not at all, whoever else makes the same.
 */
export class SavedModels {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Calls `open` with the folder of the model's SavedModel. Where a kept one cannot be opened, it is made again, once.
   *
   * @param digest of `onnx`
   * @throws UnsupportedModel or Error as `toSavedModel`
   */
  async open<T>(digest: string, onnx: Uint8Array, open: (folder: string) => Promise<T>): Promise<T> {
    const kept = join(this.#folder, `${digest}-${converterRevision}`);
    if (await isThere(kept)) {
      try {
        const opened = await open(kept);
        await utimes(kept, new Date(), new Date()).catch(() => {});
        return opened;
      } catch {
        await rm(kept, { recursive: true, force: true }).catch(() => {});
      }
    }
    const bytes = toSavedModel(onnx);
    const aside = await this.#aside();
    try {
      await writeFile(join(aside, "saved_model.pb"), bytes);
      const opened = await open(aside);
      // Somebody else may have been faster, or the folder may be for reading only: it is open either way.
      await rename(aside, kept).catch(() => {});
      return opened;
    } finally {
      await rm(aside, { recursive: true, force: true });
      await this.#clear();
    }
  }

  async #aside(): Promise<string> {
    const aside = join(this.#folder, `.${randomUUID()}`);
    try {
      await mkdir(aside, { recursive: true });
      return aside;
    } catch {
      return mkdtemp(join(tmpdir(), "osteon-saved-model-"));
    }
  }

  /** Removes what is old, what a killed process left half made included. */
  async #clear(): Promise<void> {
    const names = await readdir(this.#folder).catch(() => []);
    const before = Date.now() - keptMs;
    for (const path of names.map((name) => join(this.#folder, name))) {
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
      if (mtimeMs < before) await rm(path, { recursive: true, force: true }).catch(() => {});
    }
  }
}

async function isThere(folder: string): Promise<boolean> {
  return stat(folder).then(
    () => true,
    () => false,
  );
}
