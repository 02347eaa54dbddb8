import assert from "node:assert/strict";
import {
  type Analyses,
  type AnalysisRequest,
  acceptedFilm,
  digestOf,
  type Film,
  type FilmResult,
} from "@osteon/shared";
import { v7 as uuidv7 } from "uuid";

/** Enough of a film for whoever does not decode it. */
const bytes = Buffer.from("abc");

/** A request as a gateway makes one. */
export function requestOf(films = 1, more: Partial<AnalysisRequest> = {}): AnalysisRequest {
  return {
    v: 1,
    id: uuidv7(),
    tenant: "default",
    createdAt: new Date().toISOString(),
    films: Array.from({ length: films }, (_, index) => ({
      index,
      contentType: "image/png",
      digest: digestOf(bytes),
      bytes: bytes.length,
    })),
    ...more,
  };
}

/** Has it accepted, with its films. */
export async function accept(analyses: Analyses, request: AnalysisRequest): Promise<AnalysisRequest> {
  await analyses.accept(
    request,
    request.films.map(() => bytes),
  );
  return request;
}

/** What a worker found of one of its films. */
export function resultOf(request: AnalysisRequest, film = 0, more: Partial<Film> = {}): FilmResult {
  const accepted = request.films[film];
  assert.ok(accepted);
  return { film: { ...acceptedFilm(accepted), outcome: "not-identified", ...more }, timings: {} };
}
