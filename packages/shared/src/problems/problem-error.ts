import { catalogue, type ProblemCode } from "./catalogue.js";

/** Where a request's value breaks a rule: `pointer` is a JSON pointer into the body or the name of a parameter. */
export interface FieldError {
  detail: string;
  pointer: string;
}

export interface ProblemOptions {
  cause?: unknown;
  errors?: FieldError[];
  /** Seconds until a retry may succeed. */
  retryAfter?: number;
  /** Whether trying the same work again could succeed; workers give up at once where it cannot. */
  retryable?: boolean;
}

/** An error with a code of the catalogue. `detail` is for the caller: it never holds film content, names or secrets. */
export class ProblemError extends Error {
  readonly code: ProblemCode;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly errors: FieldError[] | undefined;
  readonly retryAfter: number | undefined;
  readonly retryable: boolean;

  constructor(code: ProblemCode, detail?: string, options: ProblemOptions = {}) {
    const definition = catalogue[code];
    super(
      `${code}: ${detail ?? definition.rule}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = "ProblemError";
    this.code = code;
    this.status = definition.status;
    this.title = definition.title;
    this.detail = detail ?? definition.rule;
    this.errors = options.errors;
    this.retryAfter = options.retryAfter;
    this.retryable = options.retryable ?? definition.status >= 500;
  }
}

/** The problem in `error`, or `fallback` around it. */
export function toProblem(error: unknown, fallback: ProblemCode = "internal-error"): ProblemError {
  if (error instanceof ProblemError) return error;
  return new ProblemError(fallback, undefined, { cause: error });
}
