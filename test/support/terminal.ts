import { EventEmitter, once } from "node:events";

/** What a command line prints to, and what ends it. */
export class TestTerminal extends EventEmitter<{ line: [] }> {
  readonly printed: string[] = [];
  readonly told: string[] = [];
  readonly env: NodeJS.ProcessEnv;
  readonly #ended = new AbortController();

  constructor(env: NodeJS.ProcessEnv) {
    super();
    this.env = env;
  }

  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  out(line: string): void {
    this.printed.push(line);
    this.emit("line");
  }

  err(line: string): void {
    this.told.push(line);
    this.emit("line");
  }

  /** As Ctrl-C does. */
  interrupt(): void {
    this.#ended.abort(new Error("interrupted"));
  }

  /** Waits until something was printed or told that is as asked. */
  async until(is: (line: string) => boolean): Promise<string> {
    for (;;) {
      const found = [...this.printed, ...this.told].find(is);
      if (found !== undefined) return found;
      await once(this, "line");
    }
  }
}
