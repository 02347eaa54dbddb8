import type { ExaminedFilm } from "@osteon/inference";
import {
  type AcceptedFilm,
  acceptedFilm,
  type ClassifiedWith,
  type FilmResult,
  keepHeatmap,
  type Timings,
} from "@osteon/shared";

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
