import { randomUUID } from "node:crypto";
import { ProblemError } from "../problems/index.js";
import type { ObjectStore } from "./object-store.js";

/** Writes one key twice under the condition: a store that lets both through cannot hold exactly one result. */
export async function probeConditionalPut(store: ObjectStore): Promise<void> {
  const key = `probe/${randomUUID()}`;
  try {
    const first = await store.put(key, "1", { ifAbsent: true });
    const second = await store.put(key, "2", { ifAbsent: true });
    const kept = (await store.get(key))?.toString();
    if (!first || second || kept !== "1") {
      throw new ProblemError(
        "store-unavailable",
        "The object store does not honour conditional puts (If-None-Match).",
      );
    }
  } catch (error) {
    // A put whose answer was lost may have left it. What failed first is what is to be told.
    await store.delete(key).catch(() => undefined);
    throw error;
  }
  await store.delete(key);
}
