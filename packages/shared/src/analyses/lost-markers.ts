import { batches } from "./batches.js";
import type { AnalysisRef, Ledger } from "./ledger.js";

/** Analyses that are looked at at once: two small calls of the store each. */
const atOnce = 16;

/**
 * Sets the marker of an analysis that has not ended and has none. A copy that was taken while the store was in use can lack it: the
 * marker goes with the end, and both may have come between two parts of the copy. The reconciler walks markers alone.
 * @returns whether it was missing
 */
export async function setLostMarker({ pending, results }: Ledger, ref: AnalysisRef): Promise<boolean> {
  // In this order: of what ends meanwhile the end is there before the marker goes.
  if ((await pending.has(ref.id)) || (await results.has(ref))) return false;
  await pending.set(ref);
  return true;
}

/**
 * Sets all lost markers of analyses from before a time, of all tenants, which costs a listing of all analyses and two calls of the
 * store for each. It may be broken off and repeated, while services run, too.
 * @param before milliseconds since the epoch; what is younger may have its marker still to come
 * @returns the analyses that lacked theirs, as they are found
 */
export async function* setLostMarkers(ledger: Ledger, before: number): AsyncGenerator<AnalysisRef> {
  for await (const tenant of ledger.tenants())
    for await (const ids of batches(ledger.acceptedBefore(tenant, before), atOnce)) {
      const lost = await Promise.all(ids.map((id) => setLostMarker(ledger, { tenant, id })));
      for (const [at, id] of ids.entries()) if (lost[at]) yield { tenant, id };
    }
}
