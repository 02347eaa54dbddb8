import type { BenchFilm } from "../films.js";
import type { FilmTimes, Follow } from "./client.js";

/** What one stretch of load gave. */
export interface Round {
  films: number;
  /** From the first submission to the last result. */
  seconds: number;
  times: FilmTimes[];
}

/** Of the results that came after the first `settleSeconds` and before the last submission: no ramp, no tail. */
export function steadyRate({ times }: Round, began: number, settleSeconds: number, seconds: number): number {
  const [from, to] = [began + settleSeconds * 1000, began + seconds * 1000];
  return times.filter(({ at }) => at >= from && at < to).length / (seconds - settleSeconds);
}

export const filmsPerSecond = ({ films, seconds }: Pick<Round, "films" | "seconds">): number =>
  films / seconds;

/** Closed loop: `inFlight` clients each submit a film, wait for its result, and go on. */
export async function closedLoop(
  follow: Follow,
  films: readonly BenchFilm[],
  { inFlight, seconds }: { inFlight: number; seconds: number },
): Promise<Round> {
  const times: FilmTimes[] = [];
  const began = performance.now();
  const until = began + seconds * 1000;
  let next = 0;
  const loop = async () => {
    while (performance.now() < until) {
      const film = films[next++ % films.length];
      if (film === undefined) return;
      times.push(await follow(film));
    }
  };
  await Promise.all(Array.from({ length: inFlight }, loop));
  return { films: times.length, seconds: (performance.now() - began) / 1000, times };
}

/**
 * Open loop: films come at `rate` a second whatever becomes of them, and each one's times count from the moment it was due,
 * not from when a busy generator came to it (coordinated omission).
 */
export async function openLoop(
  follow: Follow,
  films: readonly BenchFilm[],
  { rate, seconds }: { rate: number; seconds: number },
): Promise<Round> {
  const times: FilmTimes[] = [];
  const due = Math.max(1, Math.round(rate * seconds));
  const began = performance.now();
  const following: Promise<void>[] = [];
  for (let at = 0; at < due; at += 1) {
    const moment = began + (at * 1000) / rate;
    const early = moment - performance.now();
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    const film = films[at % films.length];
    if (film === undefined) break;
    const late = performance.now() - moment;
    following.push(
      follow(film).then(({ ack, result, at: moment }) => {
        times.push({ ack: ack + late, result: result + late, at: moment });
      }),
    );
  }
  await Promise.all(following);
  return { films: times.length, seconds: (performance.now() - began) / 1000, times };
}
