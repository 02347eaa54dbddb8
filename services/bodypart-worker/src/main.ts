import {
  BodyPartClassifier,
  createEngine,
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
  const classifier = await BodyPartClassifier.load(
    engine,
    await loadBundles(source.folder, precision),
    points,
  );
  const backbone = await connect(config, logger, metrics);
  const { analyses } = backbone;
  const offer = await offerModels(context, backbone.redis, {
    offered: () => classifier.offered(),
    reload: () => classifier.reload(source),
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
