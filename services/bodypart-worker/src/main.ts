import { BodyPartClassifier, createEngine, loadBundles } from "@osteon/inference";
import { announceModels, connect, runProcessors, runService } from "@osteon/shared";
import { BodyPartProcessor } from "./body-part-processor.js";

await runService("bodypart-worker", async (context) => {
  const { config, logger, metrics } = context;
  const engine = await createEngine(
    config.INFERENCE_ENGINE,
    config.INFERENCE_THREADS === undefined ? {} : { threads: config.INFERENCE_THREADS },
  );
  const classifier = await BodyPartClassifier.load(engine, await loadBundles(config.MODELS_DIR));
  const backbone = await connect(config, logger);
  const silence = await announceModels(backbone.redis, () =>
    classifier.describe().map((model) => ({ ...model, engine: engine.name })),
  );
  const processor = new BodyPartProcessor({ analyses: backbone.analyses, classifier, metrics, logger });
  return runProcessors(context, ["bodypart"], [processor], config.BODYPART_CONCURRENCY, async () => {
    await silence();
    await backbone.close();
    await classifier.dispose();
    await engine.dispose();
  });
});
