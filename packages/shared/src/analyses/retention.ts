import { type ProblemError, toProblem } from "../problems/index.js";
import type { Analyses } from "./analyses.js";
import { batches } from "./batches.js";
import type { AnalysisRef } from "./ledger.js";
import { isStray, setLostMarker } from "./lost-markers.js";

/** Analyses that are erased at once: an erasure mostly waits, and one after the other they could come in faster than they go. */
const atOnce = 16;

/**
 * Erases the analyses that were accepted before a time and have ended, as if their tenant had. One of which a delivery is still owed
 * stays until that is made or given up, within four days, or eight and a half where the receiver asks for the longest waits, later where
 * one that never answers is owed too much: erased, it could be told to nobody. So does one whose deliveries may not be owed yet: its
 * marker goes behind that. One that cannot be erased keeps no other from its turn; the first fault is thrown when all had theirs. Where
 * Redis is away all ends at once: what is begun then only leaves work behind. A store may refuse one analysis alone.
 *
 * @param before the time, milliseconds since the epoch, by tenant; undefined where its analyses are kept
 * @param onFailed told of each that could not be erased
 * @returns how many
 */
export async function expireAnalyses(
  analyses: Analyses,
  before: (tenant: string) => number | undefined,
  onFailed: (ref: AnalysisRef, problem: ProblemError) => void = () => undefined,
): Promise<number> {
  let removed = 0;
  let first: ProblemError | undefined;
  const { ledger, dispatch } = analyses;
  // In this order: what is owed is so before the marker goes.
  const isTold = async ({ tenant, id }: AnalysisRef) =>
    !(await ledger.pending.has(id)) && !(await dispatch.owes(tenant, id));
  const expire = async (ref: AnalysisRef) => {
    try {
      const ended = await ledger.results.has(ref);
      const due = ended ? await isTold(ref) : await ledger.isBeingErased(ref);
      if (!due) {
        // Without its marker what was promised would never end, and all of it would stay.
        if (ended || (await setLostMarker(ledger, ref)) || !(await isStray(ledger, ref))) return;
        await ledger.removeAll(ref);
        removed += 1;
        return;
      }
      await eraseAnyway(analyses, ref);
      removed += 1;
    } catch (error) {
      const problem = toProblem(error);
      if (problem.code === "queue-unavailable") throw error;
      first ??= problem;
      onFailed(ref, problem);
    }
  };
  for await (const tenant of ledger.tenants()) {
    const time = before(tenant);
    if (time === undefined) continue;
    for await (const ids of batches(ledger.acceptedBefore(tenant, time), atOnce))
      await Promise.all(ids.map((id) => expire({ tenant, id })));
  }
  if (first !== undefined) throw first;
  return removed;
}

/** Erases an analysis, though somebody else may have erased it meanwhile. */
export async function eraseAnyway(analyses: Analyses, ref: AnalysisRef): Promise<void> {
  try {
    await analyses.erase(ref);
  } catch (error) {
    if (toProblem(error).code !== "analysis-not-found") throw error;
  }
}
