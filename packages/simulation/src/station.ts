import type { Agenda } from "./agenda.js";

interface Waiting {
  seconds: number;
  since: number;
  done: (waited: number) => void;
}

/** Work that waits in one line for some number of servers, which may change. */
export class Station {
  readonly #agenda: Agenda;
  readonly #line: Waiting[] = [];
  #head = 0;
  #servers: number;
  #busy = 0;
  #done = 0;

  constructor(agenda: Agenda, servers: number) {
    this.#agenda = agenda;
    this.#servers = servers;
  }

  /** What waits and what is under way. */
  get jobs(): number {
    return this.#line.length - this.#head + this.#busy;
  }

  /** Jobs done since the beginning. */
  get done(): number {
    return this.#done;
  }

  get servers(): number {
    return this.#servers;
  }

  /** Servers that go finish what they have in hand. */
  set servers(servers: number) {
    this.#servers = servers;
    this.#serve();
  }

  /** @param done told how long it had waited, when it is done */
  add(seconds: number, done: (waited: number) => void): void {
    this.#line.push({ seconds, since: this.#agenda.now, done });
    this.#serve();
  }

  #serve(): void {
    while (this.#busy < this.#servers && this.#head < this.#line.length) {
      const next = this.#line[this.#head];
      this.#head += 1;
      if (this.#head > 1024 && this.#head * 2 > this.#line.length) {
        this.#line.splice(0, this.#head);
        this.#head = 0;
      }
      if (next === undefined) return;
      this.#busy += 1;
      const waited = this.#agenda.now - next.since;
      this.#agenda.after(next.seconds, () => {
        this.#busy -= 1;
        this.#done += 1;
        next.done(waited);
        this.#serve();
      });
    }
  }
}
