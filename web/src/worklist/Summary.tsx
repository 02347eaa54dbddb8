import { count } from "../messages/format.js";
import { t } from "../messages/index.js";
import type { Exam } from "../state/exams.js";
import { isUnfinished } from "../state/steps.js";

/** How many are done, and a bar of it while some are under way. */
export function Summary({ all }: { all: readonly Exam[] }) {
  const open = all.filter(isUnfinished).length;
  const done = all.length - open;
  return (
    <div className="summary">
      <h2>{t("worklist.title")}</h2>
      <p role="status">
        {open > 0
          ? t("worklist.under", { done: count(done), all: count(all.length) })
          : t("worklist.count", { count: all.length })}
      </p>
      {open > 0 && <progress value={done} max={all.length} aria-label={t("worklist.progress")} />}
    </div>
  );
}
