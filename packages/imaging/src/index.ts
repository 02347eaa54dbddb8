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
export { type FilmInfo, inspect, inspectDicom } from "./inspect.js";
export { type FilmLimits, filmLimits } from "./limits.js";
export { type Heatmap, heatmapOverlay } from "./overlay.js";
export { type FilmType, sniff } from "./sniff.js";
export {
  type InputSpec,
  type Placement,
  place,
  type Tensor,
  tensorShape,
  tensorSize,
  toTensor,
} from "./tensor.js";
export { thumbnail } from "./thumbnail.js";
