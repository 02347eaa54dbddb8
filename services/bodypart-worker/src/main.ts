import { BodyPartClassifier, runModelWorker } from "@osteon/inference";
import { Rereading } from "@osteon/shared";
import { BodyPartProcessor } from "./body-part-processor.js";
import { ReclassifyProcessor } from "./reclassify-processor.js";

await runModelWorker("bodypart-worker", {
  kinds: ["bodypart", "reclassify"],
  load: BodyPartClassifier.load,
  processors: (classifier, backbone, { metrics, logger }) => {
    const { analyses } = backbone;
    return [
      new BodyPartProcessor({ analyses, classifier, metrics, logger }),
      new ReclassifyProcessor({
        rereading: new Rereading(backbone),
        ledger: analyses.ledger,
        classifier,
        logger,
      }),
    ];
  },
  concurrency: (config) => config.BODYPART_CONCURRENCY,
});
