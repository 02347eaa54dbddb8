import type { Analysis, AnalysisRef } from "@osteon/shared";
import type { FastifyReply } from "fastify";
import type { Dependencies } from "./app.js";
import { waitForEnd } from "./wait-for-end.js";

/** The analysis at its end, or as it stands when the seconds are over or the client, or the gateway, is going. */
export function hold(
  { backbone, changes, closing }: Pick<Dependencies, "backbone" | "changes" | "closing">,
  ref: AnalysisRef,
  seconds: number,
  reply: FastifyReply,
): Promise<Analysis | undefined> {
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort());
  return waitForEnd({
    look: () => backbone.analyses.get(ref),
    listen: (listener) => changes.listen(ref.id, listener),
    milliseconds: seconds * 1000,
    signal: AbortSignal.any([gone.signal, closing]),
  });
}
