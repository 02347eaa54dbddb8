import { setTimeout as delay } from "node:timers/promises";
import { type Analysis, type Film, isEnded } from "@osteon/shared";
import { filmBytes, testFilms } from "../support/films.js";
import type { Random } from "../support/random.js";
import type { FaultSystem } from "./fault-system.js";

const allNames = testFilms(24).map(({ file }) => file);
const films = new Map(allNames.map((name) => [name, new Blob([Uint8Array.from(filmBytes(name))])]));

/** Time that a client gives a gateway to answer. */
const patienceMs = 20_000;
/** Promises that are open at once. */
const mostOpen = 40;
/** Tries of a submission with an Idempotency-Key. */
const mostTries = 4;

/** Clients of a system: they submit films, note what they are promised, and watch each promise to its end. */
export class Load {
  readonly #system: FaultSystem;
  readonly #random: Random;
  readonly #names: readonly string[];
  readonly #watched = new Set<Promise<void>>();
  readonly #ended = new Map<string, Analysis>();
  readonly #leaving = new AbortController();
  #attempts = 0;
  #running = false;
  #submitting: Promise<unknown> = Promise.resolve();

  /** @param films how many different ones, at most 24 */
  constructor(system: FaultSystem, random: Random, films = allNames.length) {
    this.#names = allNames.slice(0, films);
    this.#system = system;
    this.#random = random;
  }

  /** Examines each film once and returns its finding, by its name: what is right when nothing is wrong. */
  async baseline(): Promise<Map<string, Film>> {
    const found = new Map<string, Film>();
    for (const name of this.#names) {
      const id = await this.submit([name], false);
      if (id === undefined) throw new Error(`${name} was not accepted though nothing is wrong`);
      const [film] = (await this.#untilEnd(id)).films;
      if (film !== undefined) found.set(name, film);
    }
    return found;
  }

  /** Submits films at this rate until `stop`. */
  start(perSecond: number): void {
    this.#running = true;
    const next = async () => {
      while (this.#running) {
        const count = this.#random.next() < 0.75 ? 1 : 2 + Math.floor(this.#random.next() * 2);
        const chosen = Array.from({ length: count }, () => this.#random.pick(this.#names));
        // On a machine that cannot keep up, more would only wait longer.
        if (this.#watched.size < mostOpen)
          void this.submit(chosen, this.#random.next() < 0.7, this.#random.next() < 0.5);
        await delay((1000 / perSecond) * this.#random.between(0.5, 1.5));
      }
    };
    this.#submitting = next();
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#submitting;
  }

  /** Waits for nobody any more: what is lost never ends, and who asked for it would ask for ever. */
  leave(): void {
    this.#leaving.abort();
  }

  /** Waits for the end of every promise; false where some had none within the time. */
  async untilEnded(seconds: number): Promise<boolean> {
    const out = delay(seconds * 1000, false, { ref: false });
    return Promise.race([Promise.all(this.#watched).then(() => true), out]);
  }

  /** Looks at every analysis once more, through every gateway. */
  async lookAgain(): Promise<void> {
    const ids = this.#ended.keys();
    const lane = async () => {
      for (const id of ids)
        for (const gateway of this.#system.gateways.keys()) await this.#look(id, gateway, 0);
    };
    await Promise.all(Array.from({ length: 8 }, lane));
  }

  /** Submits films with callbacks, each by itself, and returns the ids of what was promised. */
  async submitMany(count: number): Promise<string[]> {
    const submit = () => this.submit([this.#random.pick(this.#names)], true);
    const ids = await Promise.all(Array.from({ length: count }, submit));
    return ids.filter((id) => id !== undefined);
  }

  /**
   * @param repeatable whether it carries an Idempotency-Key and is repeated where no answer comes
   * @returns the id of what was promised
   */
  async submit(chosen: string[], callback: boolean, repeatable = false): Promise<string | undefined> {
    const { history, receiver } = this.#system;
    const attempt = ++this.#attempts;
    const key = repeatable ? `attempt-${attempt}-${process.pid}` : undefined;
    let promised: string | undefined;
    for (let tries = 1; tries <= (repeatable ? mostTries : 1); tries += 1) {
      const gateway = this.#gateway();
      const form = new FormData();
      if (callback) form.append("callbackUrl", receiver.url);
      for (const name of chosen) form.append("film", films.get(name) ?? new Blob([]), name);
      history.add({ type: "submitted", attempt, film: chosen.join(" "), gateway });
      try {
        const answer = await fetch(`${this.#system.gateways[gateway]}/v1/analyses`, {
          method: "POST",
          body: form,
          ...(key === undefined ? {} : { headers: { "idempotency-key": key } }),
          signal: AbortSignal.timeout(patienceMs),
        });
        const body = (await answer.json()) as Analysis & { code: string };
        if (answer.status === 202) {
          if (promised !== body.id) {
            history.add({ type: "promised", attempt, id: body.id, films: chosen, callback });
            this.#watch(body.id);
          }
          promised ??= body.id;
          // Some ask again though they have their answer.
          if (!repeatable || this.#random.next() < 0.7) return promised;
        } else history.add({ type: "refused", attempt, status: answer.status, code: body.code });
      } catch (error) {
        history.add({ type: "unknown", attempt, error: (error as Error).name });
      }
      await delay(this.#random.between(300, 1_500));
    }
    return promised;
  }

  #watch(id: string): void {
    const watching: Promise<void> = this.#untilEnd(id).then(
      () => void this.#watched.delete(watching),
      (error: unknown) => {
        if (!this.#leaving.signal.aborted) throw error;
      },
    );
    this.#watched.add(watching);
  }

  async #untilEnd(id: string): Promise<Analysis> {
    for (;;) {
      const seen = this.#ended.get(id) ?? (await this.#look(id, this.#gateway(), 5));
      if (seen !== undefined && isEnded(seen.status)) {
        this.#ended.set(id, seen);
        return seen;
      }
      await delay(this.#random.between(200, 800), undefined, { signal: this.#leaving.signal });
    }
  }

  async #look(id: string, gateway: number, wait: number): Promise<Analysis | undefined> {
    const { history, gateways } = this.#system;
    try {
      const answer = await fetch(`${gateways[gateway]}/v1/analyses/${id}?wait=${wait}`, {
        signal: AbortSignal.timeout(patienceMs),
      });
      const analysis = (await answer.json()) as Analysis;
      if (answer.status === 200) {
        history.add({ type: "observed", id, gateway, analysis });
        return analysis;
      }
      if (answer.status === 404) history.add({ type: "missing", id, gateway, status: answer.status });
    } catch {
      // No answer is no observation.
    }
    return undefined;
  }

  #gateway(): number {
    return Math.floor(this.#random.next() * this.#system.gateways.length);
  }
}
