/** Counts by name, such as a tenant's. What comes to nothing is forgotten. */
export class Tally implements Iterable<[name: string, count: number]> {
  readonly #counts = new Map<string, number>();
  #sum = 0;

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  /** Of all names. */
  get sum(): number {
    return this.#sum;
  }

  /** @param count what is negative takes away, at most all that there is */
  add(name: string, count: number): void {
    const before = this.of(name);
    const after = Math.max(0, before + count);
    if (after > 0) this.#counts.set(name, after);
    else this.#counts.delete(name);
    this.#sum += after - before;
  }

  [Symbol.iterator](): IterableIterator<[name: string, count: number]> {
    return this.#counts.entries();
  }
}
