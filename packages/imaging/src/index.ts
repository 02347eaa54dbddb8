export { decodeFilm, encodeFilm, type NormalisedFilm, normalise } from "./film.js";
export { type FilmInfo, inspect } from "./inspect.js";
export { type FilmLimits, filmLimits } from "./limits.js";
export { type Heatmap, heatmapOverlay } from "./overlay.js";
export { type FilmType, sniff } from "./sniff.js";
export { type InputSpec, type Placement, place, type Tensor, toTensor } from "./tensor.js";
