import { decodeFilm } from "@osteon/imaging";
import type { FractureExaminer } from "@osteon/inference";
import { type Attempt, FilmProcessor, type FilmProcessorParts, inSpan } from "@osteon/shared";
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
    const began = Date.now();
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
    const timings = { queuedMs, bodyPartMs, fractureMs: Date.now() - began };
    await this.analyses.filmEnded(request, filmResult(accepted, job, examined, timings));
    this.metrics.films.inc({ outcome: "analysed" });
  }
}
