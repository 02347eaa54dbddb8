import { t } from "../messages/index.js";
import { type ChosenFile, type Grouping, sendStaged, stage, staged } from "../state/staging.js";
import { say } from "../ui/toasts.js";
import { sendAndShow } from "./send.js";

/** Takes films in; where the reader wants it, nothing is wrong with any and none waited before, examines them at once. */
export async function takeFilms(
  chosen: readonly ChosenFile[],
  { grouping, atOnce }: { grouping: Grouping; atOnce: boolean },
  navigate: (to: string) => void,
): Promise<void> {
  if (chosen.length === 0) {
    say(t("start.nothing"));
    return;
  }
  // What waits already may be another patient's, or wait for its reference.
  const alone = staged.get().length === 0;
  await stage(chosen, grouping);
  const clean = staged.get().every(({ check }) => check !== undefined && !check.fault && !check.doubt);
  if (!atOnce || !alone || !clean) return;
  // Whoever went elsewhere meanwhile stays there.
  if (window.location.pathname === "/") sendAndShow(navigate);
  else sendStaged();
}
