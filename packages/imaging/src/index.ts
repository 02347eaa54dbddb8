export type { DicomHeader } from "./dicom.js";
export {
  decodeFilm,
  encodeFilm,
  greyJpegSamples,
  type NormalisedFilm,
  negative,
  normalise,
  normaliseSamples,
  packFilm,
} from "./film.js";
export { inspect, inspectDicom } from "./inspect.js";
export { type FilmLimits, filmLimits } from "./limits.js";
export { type Heatmap, heatmapOverlay } from "./overlay.js";
export { type InputSpec, type Placement, toTensor } from "./tensor.js";
export { thumbnail } from "./thumbnail.js";
