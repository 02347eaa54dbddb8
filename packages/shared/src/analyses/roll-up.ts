import {
  type Analysis,
  type AnalysisError,
  type AnalysisRequest,
  type AnalysisStatus,
  type BodyPartSummary,
  disclaimer,
  type Film,
  type FractureSummary,
  type Outcome,
  type Timings,
} from "../contracts/index.js";
import { acceptedFilm, type LiveAnalysisFilms } from "./film-views.js";
import type { FilmResult } from "./results.js";

const certaintyRank = { negative: 0, doubtful: 1, positive: 2 } as const;

/** An analysis on its way, as a client sees it. */
export function pendingAnalysis(request: AnalysisRequest, views: LiveAnalysisFilms): Analysis {
  const status: AnalysisStatus = views.started ? "processing" : "queued";
  return {
    ...frame(request, status),
    ...bodyPartOf(views.films),
    films: views.films,
    timings: {},
  };
}

/**
 * The end of an analysis from the ends of its films. An exam is fractured where any of its views is: the summary is the
 * film most likely fractured, and the strongest certainty. Where one film failed the analysis failed; the others' findings stay.
 */
export function endedAnalysis(
  request: AnalysisRequest,
  results: readonly FilmResult[],
  endedAt: Date,
): Analysis {
  const films = results.map((result) => result.film).sort((a, b) => a.index - b.index);
  const error = films.find((film) => film.error !== undefined)?.error;
  const timings = longest(results.map((result) => result.timings));
  const totalMs = Math.max(0, endedAt.getTime() - Date.parse(request.createdAt));
  return {
    ...frame(request, error === undefined ? "completed" : "failed"),
    completedAt: endedAt.toISOString(),
    ...bodyPartOf(films),
    ...fractureOf(films),
    ...outcomeOf(films),
    films,
    timings: { ...timings, totalMs },
    ...(error === undefined ? {} : { error }),
  };
}

/** The end of an analysis of which not even the films can be told. */
export function failedAnalysis(request: AnalysisRequest, error: AnalysisError, endedAt: Date): Analysis {
  return {
    ...frame(request, "failed"),
    completedAt: endedAt.toISOString(),
    films: request.films.map((film) => failedFilm(acceptedFilm(film), error)),
    timings: { totalMs: Math.max(0, endedAt.getTime() - Date.parse(request.createdAt)) },
    error,
  };
}

/** A film that failed, with what was known of it. */
export function failedFilm(film: Film, error: AnalysisError): Film {
  return { ...film, error };
}

function longest(timings: readonly Timings[]): Timings {
  const longest: Timings = {};
  for (const name of ["queuedMs", "bodyPartMs", "fractureMs"] as const) {
    const values = timings.flatMap((each) => each[name] ?? []);
    if (values.length > 0) longest[name] = Math.max(...values);
  }
  return longest;
}

function frame(
  request: AnalysisRequest,
  status: AnalysisStatus,
): Pick<
  Analysis,
  "id" | "status" | "reference" | "priority" | "retryOf" | "createdAt" | "links" | "disclaimer"
> {
  const self = `/v1/analyses/${request.id}`;
  return {
    id: request.id,
    status,
    ...(request.reference === undefined ? {} : { reference: request.reference }),
    ...(request.priority === undefined ? {} : { priority: request.priority }),
    ...(request.retryOf === undefined ? {} : { retryOf: request.retryOf }),
    createdAt: request.createdAt,
    links: { self, events: `${self}/events` },
    disclaimer,
  };
}

/** The part that the films together speak for most: the greatest sum of probabilities; its probability the best film's. */
function bodyPartOf(films: readonly Film[]): { bodyPart?: BodyPartSummary } {
  const known = films.flatMap((film) => (film.bodyPart === undefined ? [] : [film]));
  const analysed = known.filter((film) => film.outcome === "analysed");
  const sums = new Map<string, { sum: number; best: number }>();
  for (const { bodyPart } of analysed.length > 0 ? analysed : known) {
    if (bodyPart === undefined) continue;
    const entry = sums.get(bodyPart.label) ?? { sum: 0, best: 0 };
    sums.set(bodyPart.label, {
      sum: entry.sum + bodyPart.probability,
      best: Math.max(entry.best, bodyPart.probability),
    });
  }
  const [first] = [...sums].sort(([, a], [, b]) => b.sum - a.sum);
  return first === undefined ? {} : { bodyPart: { label: first[0], probability: first[1].best } };
}

function fractureOf(films: readonly Film[]): { fracture?: FractureSummary } {
  const found = films.flatMap((film) => film.fracture ?? []);
  if (found.length === 0) return {};
  const certainty = found
    .map((each) => each.certainty)
    .sort((a, b) => certaintyRank[b] - certaintyRank[a])[0];
  return {
    fracture: {
      label: found.some((each) => each.label === "fractured") ? "fractured" : "normal",
      probability: Math.max(...found.map((each) => each.probability)),
      certainty: certainty ?? "doubtful",
    },
  };
}

function outcomeOf(films: readonly Film[]): { outcome?: Outcome } {
  const order: Outcome[] = ["analysed", "unsupported-region", "not-identified"];
  const outcome = order.find((each) => films.some((film) => film.outcome === each));
  return outcome === undefined ? {} : { outcome };
}
