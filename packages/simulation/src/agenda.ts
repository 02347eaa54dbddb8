/** What happens next: a heap of events by their time. */
export class Agenda {
  now = 0;
  readonly #times: number[] = [];
  readonly #steps: (() => void)[] = [];

  at(time: number, step: () => void): void {
    const [times, steps] = [this.#times, this.#steps];
    let place = times.length;
    times.push(time);
    steps.push(step);
    while (place > 0) {
      const above = (place - 1) >> 1;
      if ((times[above] ?? 0) <= time) break;
      this.#swap(place, above);
      place = above;
    }
  }

  after(seconds: number, step: () => void): void {
    this.at(this.now + seconds, step);
  }

  /** Lets everything happen that is due until a time, or until nothing is. */
  run(until = Number.POSITIVE_INFINITY): void {
    while (this.#times.length > 0 && (this.#times[0] ?? 0) <= until) {
      const step = this.#take();
      step();
    }
    if (Number.isFinite(until)) this.now = until;
  }

  #take(): () => void {
    const [times, steps] = [this.#times, this.#steps];
    this.now = times[0] ?? 0;
    const first = steps[0] ?? (() => undefined);
    const [lastTime, lastStep] = [times.pop() ?? 0, steps.pop() ?? (() => undefined)];
    if (times.length > 0) {
      times[0] = lastTime;
      steps[0] = lastStep;
      this.#sink();
    }
    return first;
  }

  #sink(): void {
    const times = this.#times;
    for (let place = 0; ; ) {
      let least = place;
      for (const below of [2 * place + 1, 2 * place + 2])
        if (below < times.length && (times[below] ?? 0) < (times[least] ?? 0)) least = below;
      if (least === place) return;
      this.#swap(place, least);
      place = least;
    }
  }

  #swap(a: number, b: number): void {
    const [times, steps] = [this.#times, this.#steps];
    [times[a], times[b]] = [times[b] ?? 0, times[a] ?? 0];
    const step = steps[a] ?? (() => undefined);
    steps[a] = steps[b] ?? (() => undefined);
    steps[b] = step;
  }
}
