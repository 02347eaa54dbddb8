import {
  closeSync,
  fdatasync,
  fsync,
  linkSync,
  mkdirSync,
  open as openCallback,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { open, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import type { ObjectBody } from "./object-store.js";

// Of what is small only the steps that wait for the disk go to another thread, creating and syncing: to hand over each of the
// ten steps of a write costs more than taking it (docs/decisions/0044-small-files-at-once.md).
const openFile = promisify(openCallback);
const syncData = promisify(fdatasync);
const syncAll = promisify(fsync);

/** Bytes up to which a file is written and read without waiting for another thread. */
const smallBytes = 1024 * 1024;

/** What a system call failed with, as in errno(3). */
export const errno = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** The whole file. */
export async function readWhole(file: string): Promise<Buffer> {
  return statSync(file).size <= smallBytes ? readFileSync(file) : readFile(file);
}

/**
 * Writes a new file, whose bytes are on the disk when this returns. Where it fails, none is left.
 *
 * @param mayMake throws where the file's folder is missing and must not be made
 */
export async function writeNew(file: string, body: ObjectBody, mayMake: () => void): Promise<void> {
  try {
    if (typeof body === "string" || (body instanceof Uint8Array && body.length <= smallBytes))
      await writeSmall(file, body, mayMake);
    else await writeLarge(file, body, mayMake);
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
}

async function writeSmall(file: string, body: string | Uint8Array, mayMake: () => void): Promise<void> {
  const descriptor = await openNew(file, mayMake);
  try {
    writeFileSync(descriptor, body);
    await syncData(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

async function writeLarge(
  file: string,
  body: Uint8Array | AsyncIterable<Uint8Array>,
  mayMake: () => void,
): Promise<void> {
  closeSync(await openNew(file, mayMake));
  const handle = await open(file, "r+");
  try {
    await writeFile(handle, body);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** Creates a file, and its folder where that is missing. */
async function openNew(file: string, mayMake: () => void): Promise<number> {
  const create = () => openFile(file, "wx", 0o600);
  return create().catch((error: unknown) => {
    if (errno(error) !== "ENOENT") throw error;
    mayMake();
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    return create();
  });
}

/**
 * Gives a file its name, which is durable when this returns: the folder is synced, and each parent that gained an entry.
 * The file goes from where it was.
 *
 * @param ifAbsent false is returned where the name is taken; else whatever has it is replaced
 * @param mayMake throws where the name's folder is missing and must not be made
 */
export async function place(
  file: string,
  target: string,
  ifAbsent: boolean,
  mayMake: () => void,
): Promise<boolean> {
  const folder = path.dirname(target);
  const changed = new Set([folder]);
  const step = () => (ifAbsent ? linkSync(file, target) : renameSync(file, target));
  try {
    try {
      step();
    } catch (error) {
      if (errno(error) !== "ENOENT") throw error;
      mayMake();
      for (const parent of makeFolder(folder)) changed.add(parent);
      step();
    }
    if (ifAbsent) unlinkSync(file);
  } catch (error) {
    rmSync(file, { force: true });
    if (errno(error) === "EEXIST") return false;
    throw error;
  }
  await Promise.all([...changed].map(syncFolder));
  return true;
}

/** Creates a folder; returns those that gained an entry. */
function makeFolder(folder: string): string[] {
  const first = mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return [];
  const gained: string[] = [];
  for (let at = folder; at.length >= first.length; at = path.dirname(at)) gained.push(path.dirname(at));
  return gained;
}

async function syncFolder(folder: string): Promise<void> {
  const descriptor = openSync(folder, "r");
  try {
    await syncAll(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
