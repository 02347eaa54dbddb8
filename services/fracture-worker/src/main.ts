import {
  createEngine,
  FractureExaminer,
  loadBundles,
  precisionOf,
  readOperatingPoints,
} from "@osteon/inference";
import { connect, offerModels, Rereading, runProcessors, runService } from "@osteon/shared";
import { FractureProcessor } from "./fracture-processor.js";
import { ReexamineProcessor } from "./reexamine-processor.js";

await runService("fracture-worker", async (context) => {
  const { config, logger, metrics } = context;
  const precision = precisionOf(config.INFERENCE_ENGINE, config.INFERENCE_PRECISION);
  const source = { folder: config.MODELS_DIR, precision, operatingPoints: config.OPERATING_POINTS };
  const points = await readOperatingPoints(source);
  const engine = await createEngine(
    config.INFERENCE_ENGINE,
    config.INFERENCE_THREADS === undefined ? {} : { threads: config.INFERENCE_THREADS },
  );
  const bundles = await loadBundles(source.folder, precision, "fracture");
  const examiner = await FractureExaminer.load(engine, bundles, points);
  const backbone = await connect(config, logger, metrics);
  const { analyses } = backbone;
  const offer = await offerModels(context, backbone.redis, {
    offered: () => examiner.offered(),
    reload: () => examiner.reload(source),
  });
  const processors = [
    new FractureProcessor({ analyses, examiner, metrics, logger }),
    new ReexamineProcessor({ rereading: new Rereading(backbone), ledger: analyses.ledger, examiner, logger }),
  ];
  const concurrency = config.FRACTURE_CONCURRENCY;
  const running = await runProcessors(
    context,
    ["fracture", "reexamine"],
    processors,
    concurrency,
    async () => {
      await offer.end();
      await backbone.close();
      await examiner.dispose();
      await engine.dispose();
    },
  );
  return { ...running, reload: offer.reload };
});
