import { type Static, Type } from "typebox";
import { Analysis, type AnalysisStatus } from "./analysis.js";

/** Body of a webhook, after Standard Webhooks 1.0. */
export const WebhookEvent = Type.Object({
  type: Type.Enum(["analysis.completed", "analysis.failed", "analysis.cancelled"]),
  timestamp: Type.String({ format: "date-time" }),
  data: Analysis,
});
export type WebhookEvent = Static<typeof WebhookEvent>;

/** One event has one id over all its attempts, and over anything that makes it again: it is derived. */
export function webhookId(analysisId: string, status: AnalysisStatus): string {
  return `msg_${analysisId.replaceAll("-", "")}_${status}`;
}
