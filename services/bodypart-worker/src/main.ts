import { BodyPartClassifier, examinedBones, runModelWorker } from "@osteon/inference";
import { Rereading } from "@osteon/shared";
import { BodyPartProcessor } from "./body-part-processor.js";
import { ReclassifyProcessor } from "./reclassify-processor.js";

await runModelWorker("bodypart-worker", {
  task: "bodypart",
  kinds: ["bodypart", "reclassify"],
  load: async (engine, bundles, points, { folder }) =>
    BodyPartClassifier.load(engine, bundles, points, await examinedBones(folder)),
  loaded: ({ unexamined: regions }, logger) => {
    if (regions.length > 0)
      logger.warn({ regions }, "regions without a fracture model: their films end as unsupported-region");
  },
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
