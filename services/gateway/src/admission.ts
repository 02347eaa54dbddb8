import { ProblemError } from "@osteon/shared";

export interface AdmissionLimits {
  maxQueued: number;
  maxWaitSeconds: number;
}

/** Films waiting or worked on, and films ended since some beginning. */
export interface Load {
  backlog: number;
  ended: number;
}

/** The drain rate is of the last so many seconds. */
const windowSeconds = 30;
const sampleMs = 1_000;
const longestRetryAfterSeconds = 3_600;

/**
 * Refuses films at the door where they would wait too long, by the measured drain rate: what was accepted is kept, so
 * what cannot be worked off in time must not be accepted.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #samples: { at: number; ended: number }[] = [];
  #backlog = 0;
  /** Accepted here since the last sample, and so not in its backlog. */
  #since = 0;
  /** Films a second; undefined until there was work to measure it by. */
  #rate: number | undefined;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /** @throws ProblemError `overloaded`, with the seconds after which there should be room. */
  check(films: number): void {
    const waiting = this.#backlog + this.#since + films;
    const { maxQueued, maxWaitSeconds } = this.#limits;
    const rate = this.#rate ?? 0;
    const over = Math.max(waiting - maxQueued, rate > 0 ? waiting - rate * maxWaitSeconds : 0);
    if (over <= 0) return;
    const seconds = rate > 0 ? Math.ceil(over / rate) : 60;
    throw new ProblemError("overloaded", `${waiting - films} films are waiting.`, {
      retryAfter: Math.min(Math.max(1, seconds), longestRetryAfterSeconds),
    });
  }

  accepted(films: number): void {
    this.#since += films;
  }

  /** Takes in what there is at a time (milliseconds). */
  sample({ backlog, ended }: Load, now: number): void {
    this.#backlog = backlog;
    this.#since = 0;
    const last = this.#samples.at(-1);
    // A count that began anew, or a queue that ran empty, tells nothing of how fast it drains.
    if (backlog === 0 || (last !== undefined && ended < last.ended)) this.#samples.length = 0;
    this.#samples.push({ at: now, ended });
    while ((this.#samples[0]?.at ?? now) < now - windowSeconds * 1000) this.#samples.shift();
    const first = this.#samples[0];
    if (first === undefined || now - first.at < sampleMs * 5) return;
    this.#rate = ((ended - first.ended) * 1000) / (now - first.at);
  }
}

/** Samples the load every second until the returned function is called. Without Redis the last sample stands. */
export function watchLoad(admission: Admission, load: () => Promise<Load>): () => void {
  let looking = false;
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    load()
      .then((found) => admission.sample(found, Date.now()))
      .catch(() => undefined)
      .finally(() => {
        looking = false;
      });
  }, sampleMs);
  timer.unref();
  return () => clearInterval(timer);
}
