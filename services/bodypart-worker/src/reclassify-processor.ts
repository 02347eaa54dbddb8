import { decodeFilm } from "@osteon/imaging";
import type { BodyPartClassifier } from "@osteon/inference";
import {
  type Attempt,
  ProblemError,
  plainVersion,
  RereadProcessor,
  type RereadProcessorParts,
} from "@osteon/shared";

type Classifier = Pick<BodyPartClassifier, "classifyAll">;

/** Classifies all films of an analysis again, but for those that failed, with one edition of the model. */
export class ReclassifyProcessor extends RereadProcessor<"reclassify"> {
  readonly kind = "reclassify";
  readonly #classifier: Classifier;

  constructor({ classifier, ...parts }: RereadProcessorParts & { classifier: Classifier }) {
    super(parts);
    this.#classifier = classifier;
  }

  async process({ data: job }: Attempt<"reclassify">): Promise<void> {
    const ref = { tenant: job.tenant, id: job.analysisId };
    const reread = await this.rereading.open(ref);
    if (reread === undefined) return;
    this.logger.info({ analysisId: ref.id }, "a model was replaced between the films: read again");
    const readable = reread.results.filter(({ film }) => film.error === undefined);
    const films = await Promise.all(
      readable.map(async ({ film, image }) =>
        decodeFilm(await this.ledger.writtenImage(ref, film.index, image)),
      ),
    );
    const classified = await this.#classifier.classifyAll(films, reread.request.regionHint);
    const [first] = classified;
    if (first === undefined) throw new ProblemError("film-lost");
    await this.rereading.forward({
      v: plainVersion,
      tenant: ref.tenant,
      analysisId: ref.id,
      model: first.model,
      films: classified.flatMap(({ bodyPart, outcome }, at) => {
        const [result, film] = [readable[at], films[at]];
        if (result === undefined || film === undefined) return [];
        const { width, height } = film;
        const { image, timings } = result;
        return [
          {
            film: result.film.index,
            ...(image === undefined ? {} : { image }),
            width,
            height,
            bodyPart,
            outcome,
            timings,
          },
        ];
      }),
    });
  }
}
