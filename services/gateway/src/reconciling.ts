import type { Logger, Metrics, Reconciler, ReconcilerReport } from "@osteon/shared";

/** Walks the markers at once and then every `seconds`. The returned function ends it after the walk under way. */
export function startReconciling(
  reconciler: Pick<Reconciler, "walk">,
  seconds: number,
  { logger, metrics }: { logger: Logger; metrics: Metrics },
): () => Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let walk = Promise.resolve();

  const tell = (report: ReconcilerReport) => {
    const { seen, ...actions } = report;
    const done = Object.entries(actions).filter(([, count]) => count > 0);
    for (const [action, count] of done) metrics.reconciled.inc({ action }, count);
    if (done.length > 0) logger.warn(report, "reconciled");
    else logger.debug({ seen }, "reconciled nothing");
  };
  const step = async () => {
    try {
      await reconciler.walk(seconds, tell);
    } catch (error) {
      logger.warn({ err: error }, "reconciling failed; the next walk tries again");
    }
  };
  const next = () => {
    walk = step().then(() => {
      if (!stopped) timer = setTimeout(next, seconds * 1000);
    });
  };
  next();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await walk;
  };
}
