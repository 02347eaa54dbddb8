import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isLiving, markOf, type ProcessMark } from "./pid-file.js";
import { StartError } from "./start-error.js";

/** The Osteon that runs on a data folder. */
export interface Occupant extends ProcessMark {
  /** Where its gateway listens, once it does. */
  address?: string;
}

/** Who runs on `dataDir` now; a lock whose process has ended counts as nobody. */
export function occupantOf(dataDir: string): Occupant | undefined {
  const occupant = readLock(lockPath(dataDir));
  return occupant !== undefined && isLiving(occupant) ? occupant : undefined;
}

/** One Osteon per data folder. The lock file names its holder, so a lock that a killed process left is seen to be stale. */
export class DataDirLock {
  readonly #path: string;
  readonly #mark: ProcessMark;

  private constructor(path: string, mark: ProcessMark) {
    this.#path = path;
    this.#mark = mark;
  }

  /**
   * Makes the folder where there is none, and takes it.
   * @throws StartError that says who holds the folder and at which address, or why it cannot be written
   */
  static acquire(dataDir: string): DataDirLock {
    try {
      return DataDirLock.#acquire(dataDir);
    } catch (error) {
      if (error instanceof StartError || !(error instanceof Error && "code" in error)) throw error;
      throw new StartError(
        `The data folder ${dataDir} cannot be used (${error.message}). Choose one that you may write to: DATA_DIR=…`,
      );
    }
  }

  static #acquire(dataDir: string): DataDirLock {
    // Films and answers about people: for the owner's eyes.
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const path = lockPath(dataDir);
    const mark = markOf(process.pid) ?? { pid: process.pid, identity: "" };
    for (let tries = 0; tries < 10; tries += 1) {
      if (create(path, mark)) return new DataDirLock(path, mark);
      const holder = readLock(path);
      if (holder !== undefined && isLiving(holder)) throw alreadyRunning(dataDir, holder);
      removeStale(path, holder);
    }
    throw new StartError(`${path} cannot be taken: remove it if no Osteon runs on ${dataDir}.`);
  }

  /** Tells later starts where this one answers. */
  announce(address: string): void {
    const own = `${this.#path}.${process.pid}`;
    writeFileSync(own, JSON.stringify({ ...this.#mark, address } satisfies Occupant));
    renameSync(own, this.#path);
  }

  release(): void {
    const holder = readLock(this.#path);
    if (holder?.pid === this.#mark.pid && holder.identity === this.#mark.identity)
      rmSync(this.#path, { force: true });
  }
}

function lockPath(dataDir: string): string {
  return join(dataDir, "osteon.lock");
}

function alreadyRunning(dataDir: string, { pid, address }: Occupant): StartError {
  const where = address === undefined ? "and is starting" : `at ${address}`;
  return new StartError(
    `Osteon already runs on ${dataDir} ${where} (process ${pid}). ` +
      "Use that one, stop it with Ctrl-C, or start another with its own DATA_DIR and PORT.",
  );
}

/** A hard link appears whole or not at all, so nobody reads a lock half written. */
function create(path: string, mark: ProcessMark): boolean {
  const own = `${path}.${process.pid}`;
  try {
    writeFileSync(own, JSON.stringify(mark));
    linkSync(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

/** Moves a stale lock away; if another start has replaced it meanwhile, what was moved is put back. */
export function removeStale(path: string, seen: Occupant | undefined): void {
  const aside = `${path}.stale-${process.pid}`;
  try {
    renameSync(path, aside);
    const moved = readLock(aside);
    if (moved !== undefined && (moved.pid !== seen?.pid || moved.identity !== seen.identity))
      linkSync(aside, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "EEXIST") throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function readLock(path: string): Occupant | undefined {
  try {
    const { pid, identity, address } = JSON.parse(readFileSync(path, "utf8")) as Partial<Occupant>;
    if (typeof pid !== "number" || typeof identity !== "string") return undefined;
    return { pid, identity, ...(typeof address === "string" ? { address } : {}) };
  } catch {
    return undefined;
  }
}
