import type { AcceptedFilm, AnalysisRequest, BodyPart, Film, ModelRef, Timings } from "../contracts/index.js";
import type { FilmState } from "./live-state.js";
import type { FilmResult } from "./results.js";
import { isUniform } from "./uniform.js";

/** The films of an analysis on its way, as a client sees them. */
export interface LiveAnalysisFilms {
  films: Film[];
  started: boolean;
}

/**
 * What is known of a film from its acceptance on.
 * @param image the size of its picture: the film's own in records of old, which have no other
 */
export function acceptedFilm(film: AcceptedFilm, image: Pick<Film, "width" | "height"> = {}): Film {
  const { width, height } = film.width === undefined ? image : film;
  return {
    index: film.index,
    ...(film.name === undefined ? {} : { name: film.name }),
    contentType: film.contentType,
    digest: film.digest,
    ...(width === undefined || height === undefined ? {} : { width, height }),
  };
}

/** What the body-part worker found of a film; the size is of the normalised one. */
export interface ClassifiedWith {
  width: number;
  height: number;
  bodyPart: BodyPart;
  model: ModelRef;
  /** Digest of the normalised film, where it is known. */
  image?: string;
}

/** The end of a film that was classified and is not examined. */
export function unexaminedFilm(
  accepted: AcceptedFilm,
  outcome: NonNullable<Film["outcome"]>,
  { width, height, bodyPart, model, image }: ClassifiedWith,
  timings: Timings,
): FilmResult {
  return {
    film: { ...acceptedFilm(accepted, { width, height }), outcome, bodyPart, models: { bodyPart: model } },
    timings,
    ...(image === undefined ? {} : { image }),
  };
}

/** The films as far as they are known; nothing of what they show while they have to be read again. */
export function filmViews(request: AnalysisRequest, states: readonly FilmState[]): LiveAnalysisFilms {
  if (!isUniform(states.flatMap(({ done }) => done?.film ?? []))) {
    return { films: request.films.map((film) => acceptedFilm(film)), started: true };
  }
  const films = request.films.map((accepted): Film => {
    const state = states[accepted.index];
    if (state?.done !== undefined) return state.done.film;
    if (state?.classified === undefined) return acceptedFilm(accepted);
    return { ...acceptedFilm(accepted, state.classified), bodyPart: state.classified.bodyPart };
  });
  return { films, started: states.some((state) => state.started) };
}
