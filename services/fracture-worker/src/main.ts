import { FractureExaminer, runModelWorker } from "@osteon/inference";
import { Rereading } from "@osteon/shared";
import { FractureProcessor } from "./fracture-processor.js";
import { ReexamineProcessor } from "./reexamine-processor.js";

await runModelWorker("fracture-worker", {
  task: "fracture",
  kinds: ["fracture", "reexamine"],
  load: FractureExaminer.load,
  processors: (examiner, backbone, { metrics, logger }) => {
    const { analyses } = backbone;
    return [
      new FractureProcessor({ analyses, examiner, metrics, logger }),
      new ReexamineProcessor({
        rereading: new Rereading(backbone),
        ledger: analyses.ledger,
        examiner,
        logger,
      }),
    ];
  },
  concurrency: (config) => config.FRACTURE_CONCURRENCY,
});
