import type { Logger, Metrics, Reconciler, ReconcilerReport } from "@osteon/shared";
import { startRepeating } from "./repeating.js";

/** Walks the markers at once and then `seconds` after each walk. The returned function ends it after the walk under way. */
export function startReconciling(
  reconciler: Pick<Reconciler, "walk">,
  seconds: number,
  { logger, metrics }: { logger: Logger; metrics: Metrics },
): () => Promise<void> {
  const tell = (report: ReconcilerReport) => {
    const { seen, ...actions } = report;
    const done = Object.entries(actions).filter(([, count]) => count > 0);
    for (const [action, count] of done) metrics.reconciled.inc({ action }, count);
    if (done.length > 0) logger.warn(report, "reconciled");
    else logger.debug({ seen }, "reconciled nothing");
  };
  const step = async () => {
    try {
      const walked = await reconciler.walk(seconds, tell);
      if (walked !== undefined) metrics.upkeep.inc({ task: "reconciling", outcome: "done" });
    } catch (error) {
      metrics.upkeep.inc({ task: "reconciling", outcome: "failed" });
      logger.warn({ err: error }, "reconciling failed; the next walk tries again");
    }
  };
  return startRepeating(step, seconds);
}
