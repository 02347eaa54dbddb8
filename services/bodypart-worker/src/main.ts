import {
  BodyPartClassifier,
  createEngine,
  examinedBones,
  loadBundles,
  precisionOf,
  readOperatingPoints,
} from "@osteon/inference";
import { connect, offerModels, Rereading, runProcessors, runService } from "@osteon/shared";
import { BodyPartProcessor } from "./body-part-processor.js";
import { ReclassifyProcessor } from "./reclassify-processor.js";

await runService("bodypart-worker", async (context) => {
  const { config, logger, metrics } = context;
  const precision = precisionOf(config.INFERENCE_ENGINE, config.INFERENCE_PRECISION);
  const source = { folder: config.MODELS_DIR, precision, operatingPoints: config.OPERATING_POINTS };
  const points = await readOperatingPoints(source);
  const engine = await createEngine(
    config.INFERENCE_ENGINE,
    config.INFERENCE_THREADS === undefined ? {} : { threads: config.INFERENCE_THREADS },
  );
  const bundles = await loadBundles(source.folder, precision, "bodypart");
  const examined = await examinedBones(source.folder);
  const classifier = await BodyPartClassifier.load(engine, bundles, points, examined);
  const tellUnexamined = () => {
    const regions = classifier.unexamined;
    if (regions.length > 0)
      logger.warn({ regions }, "regions without a fracture model: their films end as unsupported-region");
  };
  tellUnexamined();
  const backbone = await connect(config, logger, metrics);
  const { analyses } = backbone;
  const offer = await offerModels(context, backbone.redis, {
    offered: () => classifier.offered(),
    reload: async () => {
      const reloads = await classifier.reload(source);
      tellUnexamined();
      return reloads;
    },
  });
  const processors = [
    new BodyPartProcessor({ analyses, classifier, metrics, logger }),
    new ReclassifyProcessor({
      rereading: new Rereading(backbone),
      ledger: analyses.ledger,
      classifier,
      logger,
    }),
  ];
  const concurrency = config.BODYPART_CONCURRENCY;
  const running = await runProcessors(
    context,
    ["bodypart", "reclassify"],
    processors,
    concurrency,
    async () => {
      await offer.end();
      await backbone.close();
      await classifier.dispose();
      await engine.dispose();
    },
  );
  return { ...running, reload: offer.reload };
});
