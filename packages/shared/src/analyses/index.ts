export { allEnded } from "./all-ended.js";
export { Analyses } from "./analyses.js";
export { Changes } from "./changes.js";
export { FilmProcessor, type FilmProcessorParts } from "./film-processor.js";
export { acceptedFilm, unexaminedFilm } from "./film-views.js";
export {
  type IdempotencyRecord,
  type IdempotencyRecords,
  idempotencyKeptMs,
  placeOfIdempotencyKey,
} from "./idempotency-records.js";
export { heatOf, type KeptHeatmap, keepHeatmap } from "./kept-heatmap.js";
export { analysisFolder, isUuidV7 } from "./keys.js";
export { type AnalysisRef, Ledger } from "./ledger.js";
export { LiveState } from "./live-state.js";
export type { Load } from "./load.js";
export { setLostMarkers } from "./lost-markers.js";
export { Reconciler, type ReconcilerReport } from "./reconciler.js";
export { RereadProcessor, type RereadProcessorParts } from "./reread-processor.js";
export { type Reread, Rereading } from "./rereading.js";
export { type FilmResult, Results } from "./results.js";
export { eraseAnyway, expireAnalyses } from "./retention.js";
export { endedAnalysis, pendingAnalysis } from "./roll-up.js";
export { type UploadRef, Uploads, type UsedUpload, uploadSeconds } from "./uploads.js";
