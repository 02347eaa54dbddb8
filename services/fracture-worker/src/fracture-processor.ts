import { decodeFilm, heatmapOverlay } from "@osteon/imaging";
import type { ExaminedFilm, FractureExaminer } from "@osteon/inference";
import {
  type Analyses,
  type AnalysisRef,
  type Attempt,
  acceptedFilm,
  type FractureJob,
  type Logger,
  type Metrics,
  ProblemError,
  type Processor,
} from "@osteon/shared";

/** Examines a film with its bone's model and ends it with the finding and its heat map. */
export class FractureProcessor implements Processor<"fracture"> {
  readonly kind = "fracture";
  readonly #analyses: Analyses;
  readonly #examiner: Pick<FractureExaminer, "examine">;
  readonly #metrics: Metrics;
  readonly #logger: Logger;

  constructor(parts: {
    analyses: Analyses;
    examiner: Pick<FractureExaminer, "examine">;
    metrics: Metrics;
    logger: Logger;
  }) {
    this.#analyses = parts.analyses;
    this.#examiner = parts.examiner;
    this.#metrics = parts.metrics;
    this.#logger = parts.logger;
  }

  async process({ data: job }: Attempt<"fracture">): Promise<void> {
    const began = Date.now();
    const { film: index, width, height, bodyPart, queuedMs, bodyPartMs } = job;
    const ref = { tenant: job.tenant, id: job.analysisId };
    const request = await this.#analyses.start(ref, index);
    const accepted = request?.films[index];
    if (request === undefined || accepted === undefined) return;

    const picture = await this.#analyses.ledger.picture(ref, index, "image");
    if (picture === undefined) throw new ProblemError("film-lost");
    const examined = await this.#examiner.examine(job.bone, await decodeFilm(picture));
    const { fracture, model, ms } = examined;
    this.#metrics.modelSeconds.observe({ model: model.name }, ms / 1000);
    await this.#keepHeatmap(ref, index, examined, { width, height });
    await this.#analyses.filmEnded(request, {
      film: {
        ...acceptedFilm(accepted),
        width,
        height,
        outcome: "analysed",
        bodyPart,
        fracture,
        models: { bodyPart: job.model, fracture: model },
      },
      timings: { queuedMs, bodyPartMs, fractureMs: Date.now() - began },
    });
    this.#metrics.films.inc({ outcome: "analysed" });
  }

  async failed(job: FractureJob, problem: ProblemError): Promise<void> {
    this.#logger.warn({ analysisId: job.analysisId, film: job.film, code: problem.code }, "film failed");
    await this.#analyses.filmFailed({ tenant: job.tenant, id: job.analysisId }, job.film, problem);
    this.#metrics.films.inc({ outcome: "failed" });
  }

  async #keepHeatmap(
    ref: AnalysisRef,
    film: number,
    { heatmap, placement }: ExaminedFilm,
    size: { width: number; height: number },
  ): Promise<void> {
    const overlay = await heatmapOverlay(heatmap, placement, size);
    await this.#analyses.ledger.putPicture(ref, film, "heatmap", overlay);
  }
}
