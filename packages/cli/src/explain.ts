import { OsteonError, ProblemError } from "@osteon/client";
import type { ProblemError as ServiceError } from "@osteon/shared";
import { printable } from "@osteon/shared/command-line";

/** What a person can do about a problem that was met here, not at a gateway: each fault on a line of its own. */
export function explainProblem({ detail, errors = [] }: ServiceError): string {
  return [detail, ...errors.map(({ pointer, detail: fault }) => `${pointer}: ${fault}`)].join("\n");
}

/** What went wrong at a gateway or on the way to it, on one line. */
export function explainError(error: unknown): string {
  const analysisId = error instanceof OsteonError ? error.analysisId : undefined;
  return [
    ...(error instanceof ProblemError
      ? partsOf(error)
      : [error instanceof Error ? error.message : String(error)]),
    ...(analysisId === undefined ? [] : [`the analysis ${analysisId} was accepted and goes on`]),
  ]
    .map(printable)
    .join("; ");
}

function partsOf({ code, detail, errors, requestId }: ProblemError): string[] {
  return [
    `${code}: ${detail}`,
    ...errors.map(({ pointer, detail: fault }) => `${pointer} ${fault}`),
    ...(requestId === undefined ? [] : [`request ${requestId}`]),
  ];
}
