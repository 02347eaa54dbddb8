import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";

/**
 * Asks again and again until it is so, of what tells nobody when it changes. Fails after the time, by the name of what was awaited.
 * @param awaited asked for when it fails, where it is to tell what there is instead
 */
export async function until(
  awaited: string | (() => string),
  seconds: number,
  isSo: () => boolean | Promise<boolean>,
): Promise<void> {
  for (const end = performance.now() + seconds * 1000; !(await isSo()); await delay(50))
    if (performance.now() >= end)
      assert.fail(`not within ${seconds} s: ${typeof awaited === "string" ? awaited : awaited()}`);
}
