import { type AnalysisRequest, type ReexamineJob, rereadJobId } from "../contracts/index.js";
import type { ProblemError } from "../problems/index.js";
import type { Queues } from "../queues/index.js";
import type { Analyses } from "./analyses.js";
import { acceptedFilm } from "./film-views.js";
import type { AnalysisRef } from "./ledger.js";
import type { FilmResult } from "./results.js";
import { endedAnalysis, failedFilm } from "./roll-up.js";

/** An analysis to read again, with what its films' first readings gave. */
export interface Reread {
  request: AnalysisRequest;
  results: readonly FilmResult[];
}

/**
 * The way of an analysis whose films met two editions of a model: all its films are classified again by one worker, then
 * examined again by one worker, each with the edition that it then has, and that ends the analysis. Every step may be repeated.
 */
export class Rereading {
  readonly #analyses: Analyses;
  readonly #queues: Queues;

  constructor(parts: { analyses: Analyses; queues: Queues }) {
    this.#analyses = parts.analyses;
    this.#queues = parts.queues;
  }

  /** Undefined where there is nothing left to do: it has ended, or was erased. */
  async open(ref: AnalysisRef): Promise<Reread | undefined> {
    const { ledger } = this.#analyses;
    const [request, end] = await Promise.all([ledger.request(ref), ledger.results.get(ref)]);
    if (request === undefined) return undefined;
    if (end !== undefined) {
      await this.#analyses.settle(request, end);
      return undefined;
    }
    return { request, results: [...(await ledger.results.ofFilms(ref)).values()] };
  }

  /** Hands the classified films to the fracture worker. */
  async forward(job: ReexamineJob): Promise<void> {
    await this.#queues.add("reexamine", { id: rereadJobId(job.analysisId, "reexamine"), data: job });
  }

  async end(request: AnalysisRequest, results: readonly FilmResult[]): Promise<void> {
    await this.#analyses.settle(request, endedAnalysis(request, results, new Date()), results);
  }

  /** Ends the analysis as failed: no finding of the first readings may stand beside another edition's. */
  async failed(ref: AnalysisRef, { code, title, detail }: ProblemError): Promise<void> {
    const reread = await this.open(ref);
    if (reread === undefined) return;
    const films = reread.request.films.map((film) => failedFilm(acceptedFilm(film), { code, title, detail }));
    await this.end(
      reread.request,
      films.map((film) => ({ film, timings: {} })),
    );
  }
}
