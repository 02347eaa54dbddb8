import { startOnnxruntimeLane } from "../../src/engines/onnxruntime/index.js";
import { engineConformance } from "../engine-conformance.js";

engineConformance("onnxruntime", startOnnxruntimeLane);
