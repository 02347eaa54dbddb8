/** One coded error: what clients may rely on. `status` is the HTTP status where the error answers a request. */
export interface ProblemDefinition {
  readonly status: number;
  readonly title: string;
  /** The rule, for the reference page and for people who meet the error. */
  readonly rule: string;
}

/**
 * Every coded error of the system. The code is stable: it is the last segment of the problem's `type`
 * (`/problems/<code>`), the `code` of a failed analysis, and what logs and metrics carry.
 */
export const catalogue = {
  "bad-request": { status: 400, title: "Bad request", rule: "The request must be well formed HTTP." },
  "body-empty": { status: 400, title: "Empty body", rule: "A raw upload must carry the bytes of one film." },
  "multipart-malformed": {
    status: 400,
    title: "Malformed multipart body",
    rule: "A multipart body must follow RFC 7578, with its boundary, to its closing delimiter.",
  },
  "film-missing": {
    status: 400,
    title: "No film",
    rule: 'A submission must carry at least one film: a file part named "film", or the id of an upload.',
  },
  "field-unknown": {
    status: 400,
    title: "Unknown field",
    rule: 'A multipart upload may carry "film", "upload", "reference", "callbackUrl", "regionHint" and "priority", and nothing else.',
  },
  "validation-failed": {
    status: 400,
    title: "Validation failed",
    rule: 'Parameters and fields must match the published schema; "errors" lists each that does not.',
  },
  "cursor-invalid": {
    status: 400,
    title: "Invalid cursor",
    rule: "A cursor must come from an earlier page of the same list.",
  },
  "idempotency-key-invalid": {
    status: 400,
    title: "Invalid Idempotency-Key",
    rule: "An Idempotency-Key must have 1 to 255 printable ASCII characters.",
  },
  "key-missing": {
    status: 401,
    title: "No key",
    rule: "A request must carry a key: Authorization: Bearer osk_….",
  },
  "key-invalid": {
    status: 401,
    title: "Invalid key",
    rule: "The key must be one that was made here, and neither revoked nor expired.",
  },
  "scope-missing": {
    status: 403,
    title: "The key may not do that",
    rule: "The key must have the scope that the call needs.",
  },
  "key-not-found": { status: 404, title: "No such key", rule: "The id must name a key." },
  "not-found": { status: 404, title: "Not found", rule: "The path must name something that exists." },
  "analysis-not-found": {
    status: 404,
    title: "No such analysis",
    rule: "The id must name an analysis of yours that has not been erased.",
  },
  "upload-not-found": {
    status: 404,
    title: "No such upload",
    rule: "The id must name an upload of yours of the last hour, to which a film was put.",
  },
  "uploads-unavailable": {
    status: 404,
    title: "No uploads here",
    rule: "Only a system that keeps its films in S3 has addresses to upload to: send the films with POST /v1/analyses.",
  },
  "image-not-ready": {
    status: 404,
    title: "No such picture yet",
    rule: "A film has its picture once it is decoded, and a heat map once it is examined.",
  },
  "webhook-not-found": {
    status: 404,
    title: "No such endpoint",
    rule: "The id must name a webhook endpoint of yours.",
  },
  "delivery-not-found": {
    status: 404,
    title: "No such delivery",
    rule: "The id must name a delivery to this receiver that is still on record.",
  },
  "method-not-allowed": {
    status: 405,
    title: "Method not allowed",
    rule: "The path must be called with a method it has.",
  },
  "already-ended": {
    status: 409,
    title: "The analysis has ended",
    rule: "Only an analysis that is queued or processing can be cancelled.",
  },
  "too-many-webhooks": {
    status: 409,
    title: "Too many endpoints",
    rule: "A tenant may have at most MAX_WEBHOOKS endpoints: delete one first.",
  },
  "delivery-pending": {
    status: 409,
    title: "The delivery is still under way",
    rule: "Only a delivery that was made or given up can be made again.",
  },
  "webhook-disabled": {
    status: 409,
    title: "The endpoint is disabled",
    rule: "Deliveries can be made again once the endpoint is enabled.",
  },
  "upload-used": {
    status: 409,
    title: "Upload used already",
    rule: "An upload belongs to the first analysis that names it.",
  },
  "idempotency-in-flight": {
    status: 409,
    title: "The first request is still in flight",
    rule: "A request with an Idempotency-Key may be repeated once the first has been answered.",
  },
  "body-too-large": {
    status: 413,
    title: "Body too large",
    rule: "A JSON body may have at most 64 kB.",
  },
  "film-too-large": { status: 413, title: "Film too large", rule: "One film may have at most 32 MB." },
  "upload-too-large": {
    status: 413,
    title: "Upload too large",
    rule: "The films of one analysis may have at most 128 MB together.",
  },
  "too-many-films": { status: 413, title: "Too many films", rule: "An analysis takes at most 16 films." },
  "media-type-unsupported": {
    status: 415,
    title: "Unsupported media type",
    rule: "A film must be a JPEG, PNG, WebP or TIFF picture; its content decides, not its name.",
  },
  "dicom-unsupported": {
    status: 415,
    title: "DICOM is not supported yet",
    rule: "DICOM files are not read yet: send the film as a picture.",
  },
  "film-damaged": {
    status: 422,
    title: "Damaged film",
    rule: "A film must be whole: a truncated or corrupt picture is refused.",
  },
  "film-too-small": {
    status: 422,
    title: "Film too small",
    rule: "A film must have at least 224 pixels on each side.",
  },
  "film-too-many-pixels": {
    status: 422,
    title: "Too many pixels",
    rule: "A film may have at most 32 million pixels.",
  },
  "film-animated": {
    status: 422,
    title: "Several frames",
    rule: "A film must be a single still picture, not an animation or a multi-page file.",
  },
  "callback-refused": {
    status: 422,
    title: "Callback address refused",
    rule: "A callback must be an http or https URL without credentials, not of another protocol’s port, whose host is public or on the allow-list.",
  },
  "idempotency-key-reused": {
    status: 422,
    title: "Idempotency-Key used for other content",
    rule: "Within 24 hours an Idempotency-Key belongs to the films and fields it was first sent with.",
  },
  "share-exceeded": {
    status: 429,
    title: "Your share of the queue is full",
    rule: "While the queue is full, a tenant may have an equal share of it waiting; others' films are still accepted.",
  },
  "rate-limited": {
    status: 429,
    title: "Too many requests",
    rule: "A tenant may send as many requests as RateLimit-Policy tells; RateLimit tells how many are left, and for how long.",
  },
  "internal-error": {
    status: 500,
    title: "Internal error",
    rule: "A fault of ours; the request id finds it in the logs.",
  },
  "store-unavailable": {
    status: 503,
    title: "Object store unavailable",
    rule: "The object store must be reachable to accept or show films.",
  },
  "queue-unavailable": {
    status: 503,
    title: "Queue unavailable",
    rule: "Redis must be reachable to accept films.",
  },
  "webhooks-off": {
    status: 503,
    title: "Endpoints are off",
    rule: "The system must have a WEBHOOK_MASTER_SECRET to keep endpoints’ secrets with.",
  },
  overloaded: {
    status: 503,
    title: "Overloaded",
    rule: "A film is accepted where it can be answered within MAX_WAIT_SECONDS and fewer than MAX_QUEUED films wait.",
  },
  "shutting-down": {
    status: 503,
    title: "Shutting down",
    rule: "This instance is ending: ask another, or again soon.",
  },
  "film-altered": {
    status: 500,
    title: "Stored film altered",
    rule: "A stored film must still have the digest it was accepted with.",
  },
  "film-lost": {
    status: 500,
    title: "Stored film missing",
    rule: "An accepted film must still be in the object store.",
  },
  "model-missing": {
    status: 500,
    title: "No model",
    rule: "Each supported body part must have a loaded model bundle.",
  },
  "bundle-damaged": {
    status: 500,
    title: "Damaged model bundle",
    rule: "A bundle must have a valid manifest and files that match their digests.",
  },
  "warmup-failed": {
    status: 500,
    title: "Warm-up answered wrong",
    rule: "A model must answer its warm-up film as its manifest says before it serves.",
  },
  "engine-failed": {
    status: 500,
    title: "Inference engine failed",
    rule: "The engine must answer each film within its time.",
  },
  "processing-failed": {
    status: 500,
    title: "Processing failed",
    rule: "A film is tried a limited number of times; then its analysis fails with the last reason.",
  },
  "delivery-failed": {
    status: 502,
    title: "Delivery failed",
    rule: "A receiver must answer a delivery with 2xx within its time; redirects are not followed.",
  },
  "config-invalid": {
    status: 500,
    title: "Invalid configuration",
    rule: "Every environment variable must match the configuration schema, and so must the operating points.",
  },
} as const satisfies Record<string, ProblemDefinition>;

export type ProblemCode = keyof typeof catalogue;
