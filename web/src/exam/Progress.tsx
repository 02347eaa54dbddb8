import type { Analysis, Film } from "@osteon/client";
import { t } from "../messages/index.js";
import { stagesDone } from "../state/steps.js";
import { Icon } from "../ui/icons.js";
import { partName } from "../words/results.js";

const stages = ["uploaded", "part", "examined", "done"] as const;

/** The way of a film, step by step, with what is known already. */
export function Progress({ film, analysis }: { film: Film; analysis: Analysis }) {
  const done = stagesDone(film, analysis);
  return (
    <ol className="progress">
      {stages.map((stage, at) => (
        <li key={stage} data-state={at < done ? "done" : at === done ? "now" : "later"}>
          <span className="progress-dot">{at < done && <Icon name="check" size={14} />}</span>
          {stage === "part" && film.bodyPart !== undefined
            ? t("progress.partFound", { part: partName(film.bodyPart.label) })
            : t(`progress.${stage}`)}
        </li>
      ))}
    </ol>
  );
}
