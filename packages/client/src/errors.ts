import type { Problem } from "./types.js";

/** Everything that this client throws, but for a caller's own abort. */
export class OsteonError extends Error {
  override name = "OsteonError";
  /** Of `analyze`: the analysis that was accepted before this, and goes on. */
  analysisId: string | undefined;
}

/** A refusal by the server: a coded problem. */
export class ProblemError extends OsteonError {
  override name = "ProblemError";
  readonly status: number;
  /** Stable; one of the published problems. `http-error` where something between answered, and not Osteon. */
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly errors: { detail: string; pointer: string }[];
  /** Finds the request in the server's logs. */
  readonly requestId: string | undefined;
  /** Seconds after which a repeat may succeed, where the server said so. */
  readonly retryAfter: number | undefined;

  constructor(problem: Partial<Problem> & { status: number }, retryAfter?: number) {
    const { status, code = "http-error", title = `HTTP ${status}`, detail = title } = problem;
    super(`${code}: ${detail}`);
    this.status = status;
    this.code = code;
    this.title = title;
    this.detail = detail;
    this.errors = problem.errors ?? [];
    this.requestId = problem.requestId;
    this.retryAfter = retryAfter;
  }

  static async of(answer: Response): Promise<ProblemError> {
    const text = await answer.text().catch(() => "");
    return new ProblemError({ ...parsed(text), status: answer.status }, retryAfterOf(answer));
  }
}

/** No answer came: the server is away, or the connection broke more often than it was tried again. */
export class ConnectionError extends OsteonError {
  override name = "ConnectionError";
}

/** What was waited for did not come within the caller's own `timeoutSeconds`. */
export class TimeoutError extends OsteonError {
  override name = "TimeoutError";
}

/** A webhook whose signature does not hold, or that is too old. */
export class SignatureError extends OsteonError {
  override name = "SignatureError";
}

/** Seconds of `Retry-After`, given as such or as a date. */
function retryAfterOf(answer: Response): number | undefined {
  const value = answer.headers.get("retry-after");
  if (value === null) return undefined;
  if (/^\d+$/.test(value)) return Number(value);
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, (at - Date.now()) / 1000);
}

/** What of an answer is a problem's: another server, or something between, may answer anything. */
function parsed(text: string): Partial<Problem> {
  const said = jsonOf(text);
  const problem: Partial<Problem> = {};
  for (const name of ["code", "title", "detail", "requestId"] as const) {
    const value = said[name];
    if (typeof value === "string") problem[name] = value;
  }
  if (Array.isArray(said.errors)) problem.errors = said.errors.filter(isFault);
  return problem;
}

function jsonOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function isFault(value: unknown): value is ProblemError["errors"][number] {
  if (typeof value !== "object" || value === null) return false;
  const { detail, pointer } = value as Record<string, unknown>;
  return typeof detail === "string" && typeof pointer === "string";
}
