import type { Analysis, AnalysisRef } from "@osteon/shared";
import type { FastifyReply } from "fastify";
import { onceGone } from "../answers/client-gone.js";
import type { Dependencies } from "../app.js";
import { waitForEnd } from "./wait-for-end.js";

/**
 * The analysis at its end, or as it stands when the seconds are over or the client, or the gateway, is going.
 * @throws ProblemError what is wrong by then with the key or session that it was asked for with
 */
export async function hold(
  { backbone, changes, closing }: Pick<Dependencies, "backbone" | "changes" | "closing">,
  ref: AnalysisRef,
  seconds: number,
  reply: FastifyReply,
): Promise<Analysis | undefined> {
  const look = () => backbone.analyses.get(ref);
  if (seconds === 0) return look();
  // Not by AbortSignal.any: on Node 20 each would leave an entry at `closing`, which lives as long as the gateway.
  const over = new AbortController();
  const leave = () => over.abort();
  const letGo = onceGone(reply, leave);
  closing.addEventListener("abort", leave);
  if (closing.aborted) leave();
  try {
    const analysis = await waitForEnd({
      look,
      listen: (listener) => changes.listen(ref.id, listener),
      milliseconds: seconds * 1000,
      signal: over.signal,
    });
    const refusal = await reply.request.refusal();
    if (refusal !== undefined) throw refusal;
    return analysis;
  } finally {
    letGo();
    closing.removeEventListener("abort", leave);
  }
}
