import { exams } from "./exams.js";
import { beginsAnew } from "./session.js";
import { staged } from "./staging.js";

/** Whether there are films that the gateway does not have, and nobody but this page. */
export function hasUnsent(): boolean {
  return (
    staged.get().some(({ check }) => check?.fault === undefined) ||
    exams.get().some(({ sending }) => sending?.state === "waiting" || sending?.state === "sending")
  );
}

/** Has the browser ask before such films are lost with the page. */
export function watchUnsent(): void {
  window.addEventListener("beforeunload", (event) => {
    if (hasUnsent() && !beginsAnew()) event.preventDefault();
  });
}
