import { readdir } from "node:fs/promises";
import {
  type Backbone,
  type Config,
  connect,
  type JobKind,
  type Logger,
  type ModelReload,
  type OfferedModel,
  offerModels,
  ProblemError,
  type Processor,
  runProcessors,
  runService,
  type ServiceContext,
} from "@osteon/shared";
import { type Bundles, type FoundBundle, loadBundles, surveyBundles } from "./bundle.js";
import type { InferenceEngine } from "./engine.js";
import { createEngine } from "./engines/index.js";
import { letHeapGrow } from "./heap-growth.js";
import type { Task } from "./manifest.js";
import { type ModelSource, type OperatingPoints, operatingPointsFor } from "./operating-points.js";
import { precisionOf } from "./precision.js";

/** Hot models of one task, which can be replaced while they work. */
export interface WorkerModels {
  offered(): OfferedModel[];
  reload(source: ModelSource): Promise<ModelReload[]>;
  dispose(): Promise<void>;
}

export interface ModelWorker<M extends WorkerModels> {
  /** Bundles of other tasks are left alone, damaged or not. */
  task: Task;
  kinds: readonly JobKind[];
  load(engine: InferenceEngine, bundles: Bundles, points: OperatingPoints, source: ModelSource): Promise<M>;
  /** Called when models were loaded, and after each reload. */
  loaded?(models: M, logger: Logger): void;
  /** The processors of the kinds, on the models that were loaded. */
  processors(models: M, backbone: Backbone, context: ServiceContext): readonly Processor[];
  /** Films to have in hand at once, where the configuration says so. */
  concurrency(config: Config): number | undefined;
}

/**
 * Films in hand for each inference thread: one is examined while the next is read and decoded. What a worker holds beyond that
 * waits for it while another worker has nothing to do.
 */
const filmsPerThread = 2;

/** Runs a worker service whose jobs need models: it is ready when they are hot, and offers them to be replaced. */
export async function runModelWorker<M extends WorkerModels>(
  name: string,
  { task, kinds, load, loaded, processors, concurrency }: ModelWorker<M>,
): Promise<void> {
  letHeapGrow();
  await runService(name, async (context) => {
    const { config, logger, metrics } = context;
    const precision = precisionOf(config.INFERENCE_ENGINE, config.INFERENCE_PRECISION);
    const source = { folder: config.MODELS_DIR, precision, operatingPoints: config.OPERATING_POINTS };
    const points = await operatingPointsFor(source, await surveyModels(source.folder));
    const engine = await createEngine(
      config.INFERENCE_ENGINE,
      config.INFERENCE_THREADS === undefined ? {} : { threads: config.INFERENCE_THREADS },
    );
    const models = await load(engine, await loadBundles(source.folder, precision, task), points, source);
    loaded?.(models, logger);
    const backbone = await connect(config, logger, metrics);
    const offer = await offerModels(context, backbone.redis, {
      offered: () => models.offered(),
      reload: async () => {
        const reloads = await models.reload(source);
        loaded?.(models, logger);
        return reloads;
      },
    });
    const running = await runProcessors(context, {
      kinds,
      processors: processors(models, backbone, context),
      concurrency: concurrency(config) ?? filmsPerThread * engine.describe().threads,
      closeResources: async () => {
        await offer.end();
        await backbone.close();
        await models.dispose();
        await engine.dispose();
      },
    });
    return {
      ...running,
      ready: async () => engine.ready && (await running.ready()),
      reload: offer.reload,
    };
  });
}

/** @throws ProblemError `config-invalid` where MODELS_DIR cannot be read */
async function surveyModels(folder: string): Promise<FoundBundle[]> {
  await readdir(folder).catch(({ code }: NodeJS.ErrnoException) => {
    throw new ProblemError("config-invalid", `MODELS_DIR cannot be read (${code})`, { retryable: false });
  });
  return surveyBundles(folder);
}
