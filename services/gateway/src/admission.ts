import { type Load, OnceAnOutage, ProblemError, Tally } from "@osteon/shared";

export interface AdmissionLimits {
  maxQueued: number;
  maxWaitSeconds: number;
}

/** The drain rate is of the last so many seconds. */
const windowSeconds = 30;
const sampleMs = 1_000;
const longestRetryAfterSeconds = 3_600;

/**
 * Refuses films at the door where they would wait too long, by the measured drain rate: what was accepted is kept, so
 * what cannot be worked off in time must not be accepted. Where the queue is full, those go on being let in who have less
 * than their share of it, up to twice its length: a flood refuses its own tenant first.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #samples: { at: number; ended: number }[] = [];
  #backlog = 0;
  #waiting = 0;
  #tenants: ReadonlyMap<string, number> = new Map();
  /** Accepted here, and not known to be in the last sample. */
  readonly #since = new Tally();
  /** Films a second, where there has been more than the workers could take at once since there was none; else not known. */
  #rate: number | undefined;
  #measuredAt = 0;
  #blind = false;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /**
   * @throws ProblemError `share-exceeded` where the tenant's own films fill its share of a full queue, `overloaded` where
   *   there is no room for anybody's; both with the seconds after which there should be room; and as `requireQueue`
   */
  check(tenant: string, films: number): void {
    this.requireQueue();
    const { maxQueued, maxWaitSeconds } = this.#limits;
    const since = this.#since.sum;
    // What comes to workers that wait for it does not wait.
    if (this.#waiting + since === 0) return;
    const rate = this.#rate ?? 0;
    const limit = rate > 0 ? Math.min(maxQueued, rate * maxWaitSeconds) : maxQueued;
    const waiting = this.#backlog + since;
    const over = waiting + films - limit;
    if (over <= 0) return;
    const tenants = new Set([...this.#tenants.keys(), ...this.unseen.keys(), tenant]).size;
    const own = (this.#tenants.get(tenant) ?? 0) + this.#since.of(tenant);
    const ownOver = own + films - limit / tenants;
    if (tenants > 1 && ownOver > 0) {
      const room = Math.min(over, ownOver * tenants);
      throw new ProblemError("share-exceeded", `${own} of your films are waiting.`, {
        retryAfter: secondsFor(room, rate),
      });
    }
    const tooMany = tenants > 1 ? over - limit : over;
    if (tooMany <= 0) return;
    throw new ProblemError("overloaded", `${waiting} films are waiting.`, {
      retryAfter: secondsFor(tooMany, rate),
    });
  }

  /** Films that wait or are worked on, and films that end a second; the latter undefined where it is not known. */
  get state(): { backlog: number; filmsPerSecond: number | undefined } {
    return { backlog: this.#backlog + this.#since.sum, filmsPerSecond: this.#rate };
  }

  accepted(tenant: string, films: number): void {
    this.#since.add(tenant, films);
  }

  /** What was accepted here and is in no sample yet, by tenant: whoever looks notes it first, for `sample`. */
  get unseen(): ReadonlyMap<string, number> {
    return new Map(this.#since);
  }

  /**
   * @throws ProblemError `queue-unavailable` where the last look failed: a film would be stored, and refused only once Redis had not
   *   answered for long
   */
  requireQueue(): void {
    if (this.#blind) throw new ProblemError("queue-unavailable");
  }

  /** A look failed: until the next sample there is no queue to let films into. */
  lost(): void {
    this.#blind = true;
  }

  /**
   * Takes in what there is at a time (milliseconds by a clock that nobody sets).
   * @param seen what the look has surely met of what was accepted here. What was accepted during the look may count twice, until
   *   the next one: lost to the count, it would let in more than there may be
   */
  sample(
    { backlog, waiting, ended, tenants }: Load,
    now: number,
    seen: ReadonlyMap<string, number> = this.unseen,
  ): void {
    this.#blind = false;
    this.#backlog = backlog;
    this.#waiting = waiting;
    this.#tenants = tenants;
    for (const [tenant, films] of seen) this.#since.add(tenant, -films);
    // A rate of old tells nothing of workers that have had time to change, or of how few films came then.
    const isOld = waiting === 0 && now - this.#measuredAt > windowSeconds * 1000;
    if (backlog === 0 || isOld) this.#rate = undefined;
    const last = this.#samples.at(-1);
    // Where none waits, films end as fast as they come; and a count that began anew tells nothing of how fast it drains.
    if (waiting === 0 || (last !== undefined && ended < last.ended)) this.#samples.length = 0;
    if (waiting === 0) return;
    this.#samples.push({ at: now, ended });
    while ((this.#samples[0]?.at ?? now) < now - windowSeconds * 1000) this.#samples.shift();
    const first = this.#samples[0];
    if (first === undefined || now - first.at < sampleMs * 5) return;
    this.#rate = ((ended - first.ended) * 1000) / (now - first.at);
    this.#measuredAt = now;
  }
}

/** Until so many films are worked off at a rate; a minute where the rate is not known. */
function secondsFor(films: number, rate: number): number {
  const seconds = rate > 0 ? Math.ceil(films / rate) : 60;
  return Math.min(Math.max(1, seconds), longestRetryAfterSeconds);
}

/**
 * Samples the load every second until the returned function is called. Without Redis nothing is let in until the next sample.
 *
 * @param onBlind told of the first look in a row that failed
 */
export function watchLoad(
  admission: Admission,
  load: () => Promise<Load>,
  onBlind: (error: unknown) => void,
): () => void {
  const looks = new OnceAnOutage(onBlind);
  let looking = false;
  const timer = setInterval(async () => {
    if (looking) return;
    looking = true;
    await looks.try(async () => {
      const seen = admission.unseen;
      const found = await load().catch((error: unknown) => {
        admission.lost();
        throw error;
      });
      admission.sample(found, performance.now(), seen);
    });
    looking = false;
  }, sampleMs);
  timer.unref();
  return () => clearInterval(timer);
}
