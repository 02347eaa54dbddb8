import { decodeFilm, encodeFilm, filmLimits, type NormalisedFilm, normalise } from "@osteon/imaging";
import type { BodyPartClassifier } from "@osteon/inference";
import {
  type AcceptedFilm,
  type AnalysisRef,
  type Attempt,
  allEnded,
  boneOf,
  FilmProcessor,
  type FilmProcessorParts,
  inSpan,
  plainVersion,
  unexaminedFilm,
} from "@osteon/shared";

/** Decodes a film, once, finds its body part, and hands it to the bone's model; or ends it, where there is none for it. */
export class BodyPartProcessor extends FilmProcessor<"bodypart"> {
  readonly kind = "bodypart";
  readonly #classifier: Pick<BodyPartClassifier, "classify">;

  constructor({
    classifier,
    ...parts
  }: FilmProcessorParts & { classifier: Pick<BodyPartClassifier, "classify"> }) {
    super(parts);
    this.#classifier = classifier;
  }

  async process({ data: job }: Attempt<"bodypart">): Promise<void> {
    const began = performance.now();
    const queuedMs = Math.max(0, Date.now() - job.acceptedAt);
    const ref = { tenant: job.tenant, id: job.analysisId };
    const request = await this.analyses.start(ref, job.film);
    const accepted = request?.films[job.film];
    if (request === undefined || accepted === undefined) return;

    const classify = (film: NormalisedFilm) =>
      inSpan("classify film", {}, () => this.#classifier.classify(film, request.regionHint));
    const decoded = await inSpan("decode film", {}, () => this.#decode(ref, accepted));
    // No picture may still be on its way to the store when the try is over: its analysis may be erased then.
    const [classified, { digest: image, earlier }] = await allEnded([
      classify(decoded),
      this.analyses.ledger.putImage(ref, job.film, encodeFilm(decoded)),
    ]);
    // What a try before has kept is what the next worker reads.
    const film = earlier === undefined ? decoded : await decodeFilm(earlier);
    const { bodyPart, outcome, model, ms } = earlier === undefined ? classified : await classify(film);
    this.metrics.modelSeconds.observe({ model: model.name }, ms / 1000);
    const { width, height } = film;
    const bodyPartMs = Math.round(performance.now() - began);
    if (outcome === "analysed") {
      await this.analyses.forward({
        ...job,
        v: plainVersion,
        bone: boneOf(bodyPart.label),
        width,
        height,
        bodyPart,
        model,
        image,
        queuedMs,
        bodyPartMs,
      });
      return;
    }
    const found = { width, height, bodyPart, model, image };
    await this.analyses.filmEnded(
      request,
      unexaminedFilm(accepted, outcome, found, { queuedMs, bodyPartMs }),
    );
  }

  async #decode(ref: AnalysisRef, accepted: AcceptedFilm): Promise<NormalisedFilm> {
    const bytes = await this.analyses.ledger.writtenOriginal(ref, accepted);
    // The gateway's limit may have been raised: what it accepted is not refused here.
    const limits = { ...filmLimits, maximumBytes: Math.max(filmLimits.maximumBytes, bytes.length) };
    if (accepted.contentType !== "application/dicom") return normalise(bytes, limits);
    // Read when the first comes: most workers never see one.
    const { normaliseDicom } = await import("@osteon/dicom");
    return normaliseDicom(bytes, limits);
  }
}
