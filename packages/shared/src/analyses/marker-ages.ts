import { timeOfId } from "../ids.js";

/** Younger markers are on their normal way. */
const graceMs = 10_000;
/** So long after its time to come a request may still be worked on; after it nobody is sending its films. */
const acceptanceMs = 10 * 60_000;

/** How old markers are: by their ids, which tell the time of a clock that may be wrong, and by how long this process has met them. */
export class MarkerAges {
  readonly #abandonedMs: number;
  readonly #now: () => number;
  readonly #elapsed: () => number;
  readonly #firstMet = new Map<string, number>();

  /**
   * @param requestSeconds that a client has to send its whole request
   * @param elapsed milliseconds by a clock that nobody sets
   */
  constructor(requestSeconds: number, now: () => number, elapsed: () => number) {
    this.#abandonedMs = requestSeconds * 1000 + acceptanceMs;
    this.#now = now;
    this.#elapsed = elapsed;
  }

  /** Whether a marker is on its normal way. An id of the future is of a clock that was ahead: it is as old as we know it. */
  isYoung(id: string): boolean {
    return this.#now() - timeOfId(id) < graceMs && this.#knownFor(id) < graceMs;
  }

  /** Whether nobody is still sending an analysis's films: by its id, and by how long we have seen it so. */
  isAbandoned(id: string): boolean {
    const [age, known] = [this.#now() - timeOfId(id), this.#knownFor(id)];
    return (age >= this.#abandonedMs || age < 0) && known >= this.#abandonedMs;
  }

  /** Forgets all markers but these, which are all that there are. */
  keep(ids: ReadonlySet<string>): void {
    for (const id of this.#firstMet.keys()) if (!ids.has(id)) this.#firstMet.delete(id);
  }

  /** Milliseconds since this process first met a marker. */
  #knownFor(id: string): number {
    const met = this.#firstMet.get(id) ?? this.#elapsed();
    this.#firstMet.set(id, met);
    return this.#elapsed() - met;
  }
}
