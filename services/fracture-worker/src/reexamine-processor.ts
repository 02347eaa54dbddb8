import { decodeFilm } from "@osteon/imaging";
import type { ExaminedFilm, FractureExaminer } from "@osteon/inference";
import {
  type AcceptedFilm,
  type Attempt,
  boneOf,
  type FilmResult,
  type ModelRef,
  type ProblemError,
  type ReexamineJob,
  RereadProcessor,
  type RereadProcessorParts,
  toProblem,
  unexaminedFilm,
} from "@osteon/shared";
import { filmResult } from "./film-result.js";

type Examiner = Pick<FractureExaminer, "examineAll" | "bones">;
type Classified = ReexamineJob["films"][number];

/** Examines all films of an analysis again, with one edition of each bone's model, and ends the analysis. */
export class ReexamineProcessor extends RereadProcessor<"reexamine"> {
  readonly kind = "reexamine";
  readonly #examiner: Examiner;

  constructor({ examiner, ...parts }: RereadProcessorParts & { examiner: Examiner }) {
    super(parts);
    this.#examiner = examiner;
  }

  async process({ data: job }: Attempt<"reexamine">): Promise<void> {
    await this.#examine(job);
  }

  /** Films of a bone that has no model here end as they do where they are read once, and the others with their findings. */
  override async failed(job: ReexamineJob, problem: ProblemError): Promise<boolean> {
    if (problem.code !== "model-missing") return super.failed(job, problem);
    const films = job.films.map((film): Classified => {
      const missing =
        film.outcome === "analysed" && !this.#examiner.bones.includes(boneOf(film.bodyPart.label));
      return missing ? { ...film, outcome: "unsupported-region" } : film;
    });
    try {
      await this.#examine({ ...job, films });
      return false;
    } catch (error) {
      return super.failed(job, toProblem(error));
    }
  }

  async #examine(job: ReexamineJob): Promise<void> {
    const ref = { tenant: job.tenant, id: job.analysisId };
    const reread = await this.rereading.open(ref);
    if (reread === undefined) return;
    const supported = job.films.filter(({ outcome }) => outcome === "analysed");
    const films = await Promise.all(
      supported.map(async ({ film, image, bodyPart }) => ({
        bone: boneOf(bodyPart.label),
        film: await decodeFilm(await this.ledger.writtenImage(ref, film, image)),
      })),
    );
    const examined = await this.#examiner.examineAll(films);
    const findings = new Map(supported.map(({ film }, at) => [film, examined[at]]));
    await this.rereading.end(
      reread.request,
      reread.request.films.flatMap((accepted) => {
        const classified = job.films.find(({ film }) => film === accepted.index);
        // A film that had failed is not read again: it keeps its error.
        if (classified === undefined)
          return reread.results.filter(({ film }) => film.index === accepted.index);
        return [this.#result(accepted, classified, job.model, findings.get(accepted.index))];
      }),
    );
  }

  #result(
    accepted: AcceptedFilm,
    classified: Classified,
    model: ModelRef,
    examined: ExaminedFilm | undefined,
  ): FilmResult {
    const { fractureMs, ...timings } = classified.timings;
    if (examined !== undefined) {
      const all = { ...timings, fractureMs: fractureMs ?? Math.round(examined.ms) };
      return filmResult(accepted, { ...classified, model }, examined, all);
    }
    return unexaminedFilm(accepted, classified.outcome, { ...classified, model }, timings);
  }
}
