/** Tells of the first failure in a row alone: what is tried every few seconds would fill the log of a long outage. */
export class OnceAnOutage {
  readonly #tell: (error: unknown) => void;
  #failing = false;

  constructor(tell: (error: unknown) => void) {
    this.#tell = tell;
  }

  /** Tries the step. Never rejects. */
  async try(step: () => Promise<unknown>): Promise<void> {
    try {
      await step();
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#tell(error);
      this.#failing = true;
    }
  }
}
