import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** The last lines of what a process said: why it ended usually stands there. */
export class LastLines {
  readonly #most: number;
  #lines: string[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  get text(): string {
    return this.#lines.join("\n");
  }

  add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > this.#most) this.#lines.shift();
  }

  clear(): void {
    this.#lines = [];
  }
}

/** Hands over each line of a stream, if there is one (the types of `spawn` cannot tell which streams are piped). */
export function followLines(stream: Readable | null, take: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream }).on("line", take);
}
