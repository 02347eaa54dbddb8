import type { ExaminedFilm } from "@osteon/inference";
import {
  type AcceptedFilm,
  acceptedFilm,
  type BodyPart,
  type FilmResult,
  keepHeatmap,
  type ModelRef,
  type Timings,
} from "@osteon/shared";

/** What the body-part worker found of a film; the size is of the normalised one. */
interface ClassifiedWith {
  width: number;
  height: number;
  bodyPart: BodyPart;
  model: ModelRef;
  /** Digest of the normalised film, where it is known. */
  image?: string;
}

/** The end of a film that was examined. */
export function filmResult(
  accepted: AcceptedFilm,
  { width, height, bodyPart, model, image }: ClassifiedWith,
  examined: ExaminedFilm,
  timings: Timings,
): FilmResult {
  return {
    film: {
      ...acceptedFilm(accepted, { width, height }),
      outcome: "analysed",
      bodyPart,
      fracture: examined.fracture,
      models: { bodyPart: model, fracture: examined.model },
    },
    timings,
    ...(image === undefined ? {} : { image }),
    ...(examined.heatmap === undefined
      ? {}
      : { heatmap: keepHeatmap(examined.heatmap, examined.placement, { width, height }) }),
  };
}
