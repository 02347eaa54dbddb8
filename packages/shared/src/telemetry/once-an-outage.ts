/** Tells of the first failure in a row alone: what is tried every few seconds would fill the log of a long outage. */
export class OnceAnOutage {
  readonly #tell: (error: unknown) => void;
  readonly #told = new Set<string>();

  constructor(tell: (error: unknown) => void) {
    this.#tell = tell;
  }

  /** Tries the step. Never rejects. */
  async try(step: () => Promise<unknown>): Promise<void> {
    try {
      await step();
      this.over();
    } catch (error) {
      this.failed(error);
    }
  }

  /** @param cause each is told, where an outage may have several */
  failed(error: unknown, cause = ""): void {
    if (!this.#told.has(cause)) this.#tell(error);
    this.#told.add(cause);
  }

  over(): void {
    this.#told.clear();
  }
}
