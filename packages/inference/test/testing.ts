// What the tests of other packages use; no part of the product.
export { startTfjsNodeLane } from "../src/engines/tfjs-node/index.js";
export { PooledEngine } from "../src/pooled-engine.js";
export { engineConformance } from "./engine-conformance.js";
export { bodyPartManifest, film, fractureManifest, temporaryFolder, writeBundle } from "./support/bundles.js";
export { type OnnxConstant, type OnnxNodeSpec, type OnnxSpec, onnxOf } from "./support/onnx.js";
export { operatorCases } from "./support/operator-cases.js";
