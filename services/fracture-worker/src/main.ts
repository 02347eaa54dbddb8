import { createEngine, FractureExaminer, loadBundles } from "@osteon/inference";
import { announceModels, connect, runProcessors, runService } from "@osteon/shared";
import { FractureProcessor } from "./fracture-processor.js";

await runService("fracture-worker", async (context) => {
  const { config, logger, metrics } = context;
  const engine = await createEngine(
    config.INFERENCE_ENGINE,
    config.INFERENCE_THREADS === undefined ? {} : { threads: config.INFERENCE_THREADS },
  );
  const examiner = await FractureExaminer.load(engine, await loadBundles(config.MODELS_DIR));
  const backbone = await connect(config, logger);
  const silence = await announceModels(backbone.redis, () =>
    examiner.describe().map((model) => ({ ...model, engine: engine.name })),
  );
  const processor = new FractureProcessor({ analyses: backbone.analyses, examiner, metrics, logger });
  return runProcessors(context, ["fracture"], [processor], config.FRACTURE_CONCURRENCY, async () => {
    await silence();
    await backbone.close();
    await examiner.dispose();
    await engine.dispose();
  });
});
