import type { ExaminedFilm } from "@osteon/inference";
import {
  type AcceptedFilm,
  acceptedFilm,
  type BodyPart,
  type FilmResult,
  type KeptHeatmap,
  type ModelRef,
  type Timings,
} from "@osteon/shared";

/** What the body-part worker found of a film. */
interface ClassifiedFilm {
  width: number;
  height: number;
  bodyPart: BodyPart;
  model: ModelRef;
}

/** The end of a film that was examined. */
export function filmResult(
  accepted: AcceptedFilm,
  { width, height, bodyPart, model }: ClassifiedFilm,
  examined: ExaminedFilm,
  timings: Timings,
): FilmResult {
  return {
    film: {
      ...acceptedFilm(accepted),
      width,
      height,
      outcome: "analysed",
      bodyPart,
      fracture: examined.fracture,
      models: { bodyPart: model, fracture: examined.model },
    },
    timings,
    heatmap: keep(examined),
  };
}

function keep({ heatmap: { width, height, data }, placement }: ExaminedFilm): KeptHeatmap {
  const levels = Uint8Array.from(data, (heat) => Math.round(heat * 255));
  return { width, height, levels: Buffer.from(levels).toString("base64"), placement };
}
