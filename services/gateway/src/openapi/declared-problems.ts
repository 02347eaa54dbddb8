import { catalogue, type ProblemCode, type Scope } from "@osteon/shared";

declare module "fastify" {
  interface FastifyContextConfig {
    /** The problems that are the call's own; those that every call may answer follow from what it is. */
    problems?: readonly ProblemCode[];
    /** Whether the body may be left out, which its schema cannot say. */
    bodyOptional?: boolean;
  }
}

/** What may be wrong with a film, by its code. */
export const filmProblems = (Object.keys(catalogue) as ProblemCode[]).filter(
  (code) => /^(film|dicom)-/.test(code) && catalogue[code].status < 500,
);

/** What may be wrong with films that are submitted, in whatever form. */
export const submissionProblems: readonly ProblemCode[] = [
  ...filmProblems,
  "body-empty",
  "multipart-malformed",
  "upload-too-large",
  "too-many-films",
  "share-exceeded",
  "overloaded",
  "film-lost",
];

/** What is known of a route. */
export interface RouteFacts {
  schema?: { body?: unknown; params?: unknown; querystring?: unknown } | undefined;
  config?: { scope?: Scope; problems?: readonly ProblemCode[] } | undefined;
  method: string | readonly string[];
}

/** What any call may be answered before it comes to its route: told once, and not at each call. */
export const everywhere: readonly ProblemCode[] = [
  "request-timeout",
  "expectation-failed",
  "host-refused",
  "headers-too-large",
  "shutting-down",
];

/** Every problem that a route may answer beside those, in the catalogue's order. */
export function declaredProblems({ schema, config, method }: RouteFacts): ProblemCode[] {
  const codes = new Set<ProblemCode>(["bad-request", "internal-error", ...(config?.problems ?? [])]);
  const add = (...more: ProblemCode[]) => {
    for (const code of more) codes.add(code);
  };
  if (schema?.params !== undefined) add("not-found");
  if (schema?.querystring !== undefined) add("validation-failed");
  if (config?.scope !== undefined) {
    add(
      "key-missing",
      "key-invalid",
      "too-many-unknown-keys",
      "session-over",
      "scope-missing",
      "store-unavailable",
      "queue-unavailable",
      // Whatever reads a record of the store may find it so.
      "record-damaged",
      "record-too-new",
    );
    if (config.scope !== "admin") add("rate-limited");
  }
  if (![method].flat().every((each) => each === "GET" || each === "HEAD")) {
    // A body is read even where the call has no use for one.
    add("json-malformed", "body-too-large", "media-type-unsupported", "origin-refused");
    if (config?.scope !== undefined) add("cross-site");
    if (schema?.body !== undefined) add("validation-failed");
  }
  return (Object.keys(catalogue) as ProblemCode[]).filter((code) => codes.has(code));
}
