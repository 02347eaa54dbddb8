import { flushSync } from "react-dom";
import { exams } from "../state/exams.js";
import { sendStaged, staged } from "../state/staging.js";
import { worklistId } from "../worklist/Worklist.js";

/** Sends what waits and shows it: one exam by itself, several in the list, which a phone has far below. */
export function sendAndShow(navigate: (to: string) => void, reference?: string): void {
  // Drawn at once: the focus can stay with nothing that goes, and the list has its place.
  const sent = flushSync(() => sendStaged(reference));
  const [first] = exams.get();
  if (sent === 0 || first === undefined) return;
  if (sent === 1 && staged.get().length === 0) {
    navigate(`/exams/${first.key}`);
    return;
  }
  const list = document.getElementById(worklistId);
  list?.focus({ preventScroll: true });
  list?.scrollIntoView();
}
