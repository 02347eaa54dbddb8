import { setTimeout as delay } from "node:timers/promises";
import type { Analysis } from "@osteon/shared";
import type { Receiver } from "../support/receiver.js";

/** One of so many analyses is an exam of several films. */
const examOf = 4;
const filmsOfExam = 3;
/** One of so many is erased by its client as soon as it has ended. */
const erasedOf = 20;

export interface LoadParts {
  url: string;
  /** Keys of the tenants, who take turns. */
  keys: readonly string[];
  receiver: Receiver;
  films: readonly Blob[];
}

/** Clients that submit films, each its next when its last has ended. */
export class Load {
  /** Analyses and films that have ended. */
  analyses = 0;
  films = 0;
  /** Analyses that did not end as completed. */
  wrong = 0;
  /** Analyses that were erased by retention before their client saw their end. */
  unseen = 0;
  erased = 0;
  readonly #parts: LoadParts;
  #taken = 0;

  constructor(parts: LoadParts) {
    this.#parts = parts;
  }

  /** Works with so many clients at once until told that it is enough. */
  async run(clients: number, enough: () => boolean): Promise<void> {
    const client = async () => {
      while (!enough()) await this.#one();
    };
    await Promise.all(Array.from({ length: clients }, client));
  }

  async #one(): Promise<void> {
    const number = this.#taken++;
    const count = number % examOf === 0 ? filmsOfExam : 1;
    const key = this.#parts.keys[number % this.#parts.keys.length] ?? "";
    const form = new FormData();
    form.append("callbackUrl", this.#parts.receiver.url);
    for (let film = 0; film < count; film += 1)
      form.append("film", this.#parts.films[(number + film) % this.#parts.films.length] ?? new Blob());
    const accepted = await this.#ask(key, "/v1/analyses", { method: "POST", body: form });
    if (accepted.status !== 202) {
      // On its way back from too much; asked again soon enough.
      await delay(500);
      return;
    }
    const { id } = (await accepted.json()) as Analysis;
    const end = await this.#ended(key, id);
    if (end === undefined) this.unseen += 1;
    else if (end.status !== "completed") this.wrong += 1;
    if (number % erasedOf === 0) {
      const { status } = await this.#ask(key, `/v1/analyses/${id}`, { method: "DELETE" });
      if (status === 204) this.erased += 1;
    }
    this.analyses += 1;
    this.films += count;
  }

  /** Undefined where retention was faster than the client. */
  async #ended(key: string, id: string): Promise<Analysis | undefined> {
    for (;;) {
      const answer = await this.#ask(key, `/v1/analyses/${id}?wait=20`);
      if (answer.status === 404) return undefined;
      const analysis = (await answer.json()) as Analysis;
      if (["completed", "failed", "cancelled"].includes(analysis.status)) return analysis;
    }
  }

  #ask(key: string, path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(this.#parts.url + path, { ...init, headers: { authorization: `Bearer ${key}` } });
  }
}
