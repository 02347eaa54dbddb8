export { BodyPartClassifier, type ClassifiedFilm } from "./body-part-classifier.js";
export { loadBundle, loadBundles } from "./bundle.js";
export { createEngine, type EngineName, engineNames } from "./engines/index.js";
export { examinedBones } from "./examined-bones.js";
export { type ExaminedFilm, FractureExaminer } from "./fracture-examiner.js";
export { letHeapGrow } from "./heap-growth.js";
export type { Manifest } from "./manifest.js";
export { runModelWorker } from "./model-worker.js";
