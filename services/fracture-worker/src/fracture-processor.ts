import { decodeFilm } from "@osteon/imaging";
import type { ExaminedFilm, FractureExaminer } from "@osteon/inference";
import {
  type Analyses,
  type Attempt,
  acceptedFilm,
  type FractureJob,
  type KeptHeatmap,
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

    const image = await this.#analyses.ledger.image(ref, index);
    if (image === undefined) throw new ProblemError("film-lost");
    const examined = await this.#examiner.examine(job.bone, await decodeFilm(image));
    const { fracture, model, ms } = examined;
    this.#metrics.modelSeconds.observe({ model: model.name }, ms / 1000);
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
      heatmap: keep(examined),
    });
    this.#metrics.films.inc({ outcome: "analysed" });
  }

  async failed(job: FractureJob, problem: ProblemError): Promise<void> {
    this.#logger.warn({ analysisId: job.analysisId, film: job.film, code: problem.code }, "film failed");
    await this.#analyses.filmFailed({ tenant: job.tenant, id: job.analysisId }, job.film, problem);
    this.#metrics.films.inc({ outcome: "failed" });
  }
}

function keep({ heatmap: { width, height, data }, placement }: ExaminedFilm): KeptHeatmap {
  const levels = Uint8Array.from(data, (heat) => Math.round(heat * 255));
  return { width, height, levels: Buffer.from(levels).toString("base64"), placement };
}
