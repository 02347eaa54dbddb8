import { decodeFilm } from "@osteon/imaging";
import type { FractureExaminer } from "@osteon/inference";
import {
  type Attempt,
  FilmProcessor,
  type FilmProcessorParts,
  type FractureJob,
  inSpan,
  type ProblemError,
  unexaminedFilm,
} from "@osteon/shared";
import { filmResult } from "./film-result.js";

/** Examines a film with its bone's model and ends it with the finding and its heat map. */
export class FractureProcessor extends FilmProcessor<"fracture"> {
  readonly kind = "fracture";
  readonly #examiner: Pick<FractureExaminer, "examine">;

  constructor({ examiner, ...parts }: FilmProcessorParts & { examiner: Pick<FractureExaminer, "examine"> }) {
    super(parts);
    this.#examiner = examiner;
  }

  async process({ data: job }: Attempt<"fracture">): Promise<void> {
    const began = performance.now();
    const { film: index, queuedMs, bodyPartMs } = job;
    const ref = { tenant: job.tenant, id: job.analysisId };
    const request = await this.analyses.start(ref, index);
    const accepted = request?.films[index];
    if (request === undefined || accepted === undefined) return;

    const image = await this.analyses.ledger.writtenImage(ref, index, job.image);
    const film = await decodeFilm(image);
    const examined = await inSpan("examine film", { attributes: { "osteon.bone": job.bone } }, () =>
      this.#examiner.examine(job.bone, film),
    );
    this.metrics.modelSeconds.observe({ model: examined.model.name }, examined.ms / 1000);
    const timings = { queuedMs, bodyPartMs, fractureMs: Math.round(performance.now() - began) };
    await this.analyses.filmEnded(request, filmResult(accepted, job, examined, timings));
  }

  /**
   * A bone of which no fracture worker has a model, also after the time in which one may still be put in place, is no region that is
   * supported: body-part workers tell so where their folder shows it, and theirs may be another one.
   */
  override async failed(job: FractureJob, problem: ProblemError): Promise<boolean> {
    const ref = { tenant: job.tenant, id: job.analysisId };
    const request = problem.code === "model-missing" ? await this.analyses.start(ref, job.film) : undefined;
    const accepted = request?.films[job.film];
    if (request === undefined || accepted === undefined) return super.failed(job, problem);
    const { queuedMs, bodyPartMs } = job;
    await this.analyses.filmEnded(
      request,
      unexaminedFilm(accepted, "unsupported-region", job, { queuedMs, bodyPartMs }),
    );
    return false;
  }
}
