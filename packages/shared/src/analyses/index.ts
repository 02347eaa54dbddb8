export { Analyses } from "./analyses.js";
export { Changes } from "./changes.js";
export { FilmProcessor, type FilmProcessorParts } from "./film-processor.js";
export { acceptedFilm } from "./film-views.js";
export { isAnalysisId, isUuidV7 } from "./keys.js";
export { type AnalysisRef, type FilmResult, type KeptHeatmap, Ledger } from "./ledger.js";
export { LiveState } from "./live-state.js";
export { Reconciler, type ReconcilerReport } from "./reconciler.js";
export { endedAnalysis, pendingAnalysis } from "./roll-up.js";
