import {
  createWriteStream,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  type WriteStream,
} from "node:fs";
import { dirname } from "node:path";

/** Moves a log aside as `.1` once it has more than `mostBytes`; the older `.1` goes. */
export function rotate(path: string, mostBytes: number): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > mostBytes) renameSync(path, `${path}.1`);
}

/** The last lines of a text file, empty where there is none. */
export function tail(path: string, lines: number): string {
  try {
    return readFileSync(path, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
  } catch {
    return "";
  }
}

/** A log of bounded size: what it holds and one file before it. Each start of the system begins a new one. */
export class LogFile {
  readonly path: string;
  readonly #mostBytes: number;
  #stream: WriteStream;
  #bytes = 0;

  constructor(path: string, mostBytes = 10 * 1024 * 1024) {
    this.path = path;
    this.#mostBytes = mostBytes;
    mkdirSync(dirname(path), { recursive: true });
    rotate(path, 0);
    this.#stream = this.#open();
  }

  write(line: string): void {
    if (this.#bytes > this.#mostBytes) this.#rotate();
    this.#bytes += line.length + 1;
    this.#stream.write(`${line}\n`);
  }

  close(): Promise<void> {
    return new Promise((done) => this.#stream.end(() => done()));
  }

  /** Where that cannot be (a full disk, a folder that somebody removed), the old stream goes on until the bound is met again. */
  #rotate(): void {
    this.#bytes = 0;
    try {
      // A file that is gone already need not be moved.
      if (existsSync(this.path)) renameSync(this.path, `${this.path}.1`);
      const next = this.#open();
      // The old stream keeps its open file: what it still has to write goes to the renamed one.
      this.#stream.end();
      this.#stream = next;
    } catch {
      // As above: the system must not end for the sake of its logs.
    }
  }

  #open(): WriteStream {
    const stream = createWriteStream(this.path, { fd: openSync(this.path, "a") });
    // A full disk must not end the system for the sake of its logs.
    stream.on("error", () => undefined);
    return stream;
  }
}
