import { ConnectionError, OsteonError, ProblemError } from "@osteon/client";
import { UnreadableError } from "../api/submit.js";
import { t } from "../messages/index.js";

/** What went wrong as one of the client's errors; whatever else it was, no answer came of it. */
export function asRefusal(error: unknown): OsteonError {
  return error instanceof OsteonError ? error : new ConnectionError(String(error));
}

/** Whether there is no such thing (any more), or it is not the reader's. */
export function isMissing(error: unknown): boolean {
  return error instanceof ProblemError && error.status === 404;
}

/** Whether it came too late: the analysis has ended by itself. */
export function isEndedAlready(error: unknown): boolean {
  return error instanceof ProblemError && error.code === "already-ended";
}

/** Why something was refused, for a person: what they can do where we know it, else what the API said. */
export function refusalText(error: unknown): string {
  if (error === undefined) return "";
  if (error instanceof UnreadableError) return t("faults.unreadable");
  if (!(error instanceof ProblemError)) return t("refusals.unreachable");
  switch (error.code) {
    case "overloaded":
    case "share-exceeded":
    case "rate-limited":
      return error.retryAfter === undefined
        ? t("refusals.tooManySoon")
        : t("refusals.tooMany", { seconds: Math.ceil(error.retryAfter) });
    case "film-too-small":
      return t("faults.too-small");
    case "media-type-unsupported":
      return t("faults.not-a-film");
    case "film-damaged":
      return t("faults.damaged");
    case "scope-missing":
      return t("refusals.scope");
    default:
      return error.detail === error.title ? error.title : `${error.title}: ${error.detail}`;
  }
}

/** Whether an earlier try of the same is still under way there: a gateway that died with it is given up after a while. */
export function isInFlight(problem: OsteonError): boolean {
  return problem instanceof ProblemError && problem.code === "idempotency-in-flight";
}

const withoutRoom = ["overloaded", "share-exceeded", "rate-limited"];

/** Why a film of the list is not sent yet. It needs nobody's doing, unlike what is refused elsewhere. */
export function waitingText(problem: OsteonError): string {
  if (!(problem instanceof ProblemError)) return t("refusals.waitsForAnswer");
  if (isInFlight(problem)) return t("refusals.waitsForEarlier");
  return withoutRoom.includes(problem.code) ? t("refusals.waitsForRoom") : refusalText(problem);
}
