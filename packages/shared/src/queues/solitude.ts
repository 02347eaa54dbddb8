/** What is told to let one job have the process to itself: everything else that takes jobs in it. */
export interface Narrowable {
  /** True: take one job at a time; false: as many as usual. */
  narrow(alone: boolean): void;
}

/**
 * Lets a job under which a worker has died run alone in its process: should it kill this one too, it takes no other film with
 * it. Shared by all that work in a process.
 */
export class Solitude {
  readonly #inHand = new Set<Promise<void>>();
  readonly #neighbours = new Set<Narrowable>();
  #alone = false;

  join(neighbour: Narrowable): void {
    this.#neighbours.add(neighbour);
  }

  /** Runs a job beside others, or `suspect` alone. False where another has the process to itself: then it was not run. */
  async run(suspect: boolean, job: () => Promise<void>): Promise<boolean> {
    if (this.#alone) return false;
    if (!suspect) {
      await this.#track(job());
      return true;
    }
    this.#alone = true;
    for (const each of this.#neighbours) each.narrow(true);
    try {
      await Promise.allSettled(this.#inHand);
      await job();
    } finally {
      this.#alone = false;
      for (const each of this.#neighbours) each.narrow(false);
    }
    return true;
  }

  async #track(job: Promise<void>): Promise<void> {
    this.#inHand.add(job);
    try {
      await job;
    } finally {
      this.#inHand.delete(job);
    }
  }
}
