import { decodeFilm } from "@osteon/imaging";
import type { ExaminedFilm, FractureExaminer } from "@osteon/inference";
import {
  type Attempt,
  acceptedFilm,
  FilmProcessor,
  type FilmProcessorParts,
  type KeptHeatmap,
  ProblemError,
} from "@osteon/shared";

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
    const { film: index, width, height, bodyPart, queuedMs, bodyPartMs } = job;
    const ref = { tenant: job.tenant, id: job.analysisId };
    const request = await this.analyses.start(ref, index);
    const accepted = request?.films[index];
    if (request === undefined || accepted === undefined) return;

    const image = await this.analyses.ledger.image(ref, index);
    if (image === undefined) throw new ProblemError("film-lost");
    const examined = await this.#examiner.examine(job.bone, await decodeFilm(image));
    const { fracture, model, ms } = examined;
    this.metrics.modelSeconds.observe({ model: model.name }, ms / 1000);
    await this.analyses.filmEnded(request, {
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
    this.metrics.films.inc({ outcome: "analysed" });
  }
}

function keep({ heatmap: { width, height, data }, placement }: ExaminedFilm): KeptHeatmap {
  const levels = Uint8Array.from(data, (heat) => Math.round(heat * 255));
  return { width, height, levels: Buffer.from(levels).toString("base64"), placement };
}
