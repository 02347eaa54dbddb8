export interface BackoffOptions {
  /** First wait, ms. Default 500. */
  firstMs?: number;
  /** Longest wait, ms. Default 15,000. */
  mostMs?: number;
  /** Having run this long counts as healthy and starts over with the first wait, ms. Default 30,000. */
  resetMs?: number;
}

/** Waits between restarts: each twice the one before, from the first again after a healthy run. */
export class Backoff {
  readonly #options: Required<BackoffOptions>;
  #deaths = 0;

  constructor(options: BackoffOptions = {}) {
    this.#options = { firstMs: 500, mostMs: 15_000, resetMs: 30_000, ...options };
  }

  /** The wait before the next start of something that ran for `ranMs` and ended. */
  next(ranMs: number): number {
    const { firstMs, mostMs, resetMs } = this.#options;
    if (ranMs >= resetMs) this.#deaths = 0;
    const wait = Math.min(firstMs * 2 ** this.#deaths, mostMs);
    this.#deaths += 1;
    return wait;
  }
}
