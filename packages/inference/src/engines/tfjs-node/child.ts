import { processPort } from "../../pool/process-port.js";
import { serve } from "../../pool/serve.js";
import { stepBack } from "../../pool/step-back.js";
import { startTfjsNode } from "./runtime.js";

const port = processPort();
// Before TensorFlow starts threads, which take over the priority.
stepBack();
try {
  serve(startTfjsNode(), port);
} catch (error) {
  // The last words become the reason that the engine does not start.
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
  process.disconnect();
}
