import { unlessDamaged } from "../storage/index.js";
import type { Analyses } from "./analyses.js";
import { batches } from "./batches.js";
import type { AnalysisRef, Ledger } from "./ledger.js";

/** Analyses that are looked at at once: some small calls of the store each. */
const atOnce = 16;

/**
 * Sets the marker of an analysis that was promised, has not ended and has none. A copy that was taken while the store was in use can lack it: the
 * marker goes with the end, and both may have come between two parts of the copy. The reconciler walks markers alone.
 * @returns whether it was missing
 */
export async function setLostMarker(ledger: Ledger, ref: AnalysisRef): Promise<boolean> {
  const { pending, results } = ledger;
  // In this order: of what ends meanwhile the end is there before the marker goes.
  if ((await pending.has(ref.id)) || (await results.has(ref)) || !(await ledger.hasRequest(ref)))
    return false;
  await pending.set(ref);
  return true;
}

/**
 * Whether a folder is of nothing that was promised, as films that were staged or half an erasure, and lacks the marker by which the
 * reconciler sweeps it.
 */
export async function isStray(ledger: Ledger, ref: AnalysisRef): Promise<boolean> {
  if (await ledger.pending.has(ref.id)) return false;
  return !(await ledger.hasRequest(ref)) && !(await ledger.results.has(ref));
}

/**
 * Sets all lost markers of analyses from before a time, of all tenants: of what has not ended, of deliveries that are owed, and of
 * failures. It costs a listing of all analyses, a handful of calls of the store for each, and one more for each of its tenant's
 * endpoints. It may be broken off and repeated, while services run, too.
 * @param before milliseconds since the epoch; what is younger may have its marker still to come
 * @param signal breaks it off: its reason is thrown
 * @returns the analyses that lacked one, as they are found
 */
export async function* setLostMarkers(
  analyses: Analyses,
  before: number,
  signal?: AbortSignal,
): AsyncGenerator<AnalysisRef> {
  const { ledger } = analyses;
  for await (const tenant of ledger.tenants())
    for await (const ids of batches(ledger.acceptedBefore(tenant, before), atOnce)) {
      signal?.throwIfAborted();
      const lost = await Promise.all(ids.map((id) => setAll(analyses, { tenant, id })));
      for (const [at, id] of ids.entries()) if (lost[at]) yield { tenant, id };
    }
}

async function setAll({ ledger, dispatch }: Analyses, ref: AnalysisRef): Promise<boolean> {
  if (await setLostMarker(ledger, ref)) return true;
  const failure = await setLostFailure(ledger, ref);
  return (await dispatch.setLostMarkers(ref.tenant, ref.id)) || failure;
}

/** A failed analysis is listed as a dead letter until its films are examined again. */
async function setLostFailure(ledger: Ledger, ref: AnalysisRef): Promise<boolean> {
  const result = await unlessDamaged(ledger.results.get(ref), () => undefined);
  if (result?.status !== "failed" || (await ledger.failed.has(ref.id))) return false;
  if ((await ledger.retriedAs(ref)) !== undefined || (await ledger.pending.has(ref.id))) return false;
  await ledger.failed.set(ref);
  return !(await ledger.unlistWhereGone(ref));
}
