import { type AnalysisRef, isUuidV7, ProblemError } from "@osteon/shared";

/** Names an analysis that a call asks for. @throws ProblemError `analysis-not-found` for what cannot be an id. */
export function analysisRef({ tenant, params }: { tenant: string; params: { id: string } }): AnalysisRef {
  if (!isUuidV7(params.id)) throw new ProblemError("analysis-not-found");
  return { tenant, id: params.id };
}
