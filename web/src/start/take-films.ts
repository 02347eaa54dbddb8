import { t } from "../messages/index.js";
import { type ChosenFile, type Grouping, sendStaged, stage, staged } from "../state/staging.js";
import { say } from "../ui/toasts.js";

/** Takes films in; where the reader wants it and nothing is wrong with any, examines them at once. */
export async function takeFilms(
  chosen: readonly ChosenFile[],
  { grouping, atOnce }: { grouping: Grouping; atOnce: boolean },
): Promise<void> {
  if (chosen.length === 0) {
    say(t("start.nothing"));
    return;
  }
  await stage(chosen, grouping);
  const clean = staged.get().every(({ check }) => check !== undefined && !check.fault && !check.doubt);
  if (atOnce && clean) sendStaged();
}
