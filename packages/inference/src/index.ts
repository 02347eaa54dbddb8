export { BodyPartClassifier, type ClassifiedFilm } from "./body-part-classifier.js";
export {
  type Bundle,
  type Bundles,
  loadBundle,
  loadBundles,
  readManifest,
} from "./bundle.js";
export { type Classification, classify } from "./classify.js";
export type {
  EngineDescription,
  EngineOptions,
  InferenceEngine,
  Model,
  RawOutput,
  RawTensor,
} from "./engine.js";
export { createEngine, type EngineName, engineNames } from "./engines/index.js";
export { examine } from "./examine.js";
export { examinedBones } from "./examined-bones.js";
export { type ExaminedFilm, FractureExaminer } from "./fracture-examiner.js";
export { letHeapGrow } from "./heap-growth.js";
export { BodyPartManifest, FractureManifest, type Manifest, type Task } from "./manifest.js";
export { ModelSet } from "./model-set.js";
export { type ModelWorker, runModelWorker, type WorkerModels } from "./model-worker.js";
export {
  type ModelSource,
  OperatingPoints,
  readOperatingPoints,
  withOperatingPoints,
} from "./operating-points.js";
export { type Precision, precisionOf } from "./precision.js";
export { findRegions } from "./regions.js";
