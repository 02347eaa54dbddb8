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
  "body-empty": {
    status: 400,
    title: "Empty body",
    rule: "An upload must carry the bytes of a film: neither a raw body nor a file part may be empty.",
  },
  "json-malformed": {
    status: 400,
    title: "Malformed JSON",
    rule: "A body that says that it is JSON must be JSON, and not empty.",
  },
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
    rule: 'Parameters and fields must match the published schema, and be known to it; "errors" lists the first twenty that do not.',
  },
  "cursor-invalid": {
    status: 400,
    title: "Invalid cursor",
    rule: "A cursor must come from an earlier page of the same list.",
  },
  "idempotency-key-invalid": {
    status: 400,
    title: "Invalid Idempotency-Key",
    rule: "A request may have one Idempotency-Key: a quoted string, or bare text, of 1 to 255 printable ASCII characters.",
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
  "session-over": {
    status: 401,
    title: "Signed out",
    rule: "A session lasts eight hours at most and ends with its key: sign in again.",
  },
  "scope-missing": {
    status: 403,
    title: "The key may not do that",
    rule: "The key must have the scope that the call needs.",
  },
  "origin-refused": {
    status: 403,
    title: "Another site’s page",
    rule: "Without keys a page of another site may not send anything; CORS_ORIGINS names those that may.",
  },
  "cross-site": {
    status: 403,
    title: "Request from another site",
    rule: "A session's cookie may change things only from the page that it belongs to, with the header X-Osteon-Page; programs use a key.",
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
  "no-heatmap": {
    status: 404,
    title: "No heat map of this film",
    rule: "A heat map is of a film that was examined, by a model that gives one.",
  },
  "webhook-not-found": {
    status: 404,
    title: "No such endpoint",
    rule: "The id must name a webhook endpoint of yours.",
  },
  "dead-letter-not-found": {
    status: 404,
    title: "No such dead letter",
    rule: "The id must name a failed analysis or a delivery that was given up, and was not tried again since.",
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
  "request-timeout": {
    status: 408,
    title: "The request did not come to its end",
    rule: "A request must come without a pause of STALL_TIMEOUT_SECONDS, and within REQUEST_TIMEOUT_SECONDS.",
  },
  "already-ended": {
    status: 409,
    title: "The analysis has ended",
    rule: "Only an analysis that is queued or processing can be cancelled.",
  },
  "analysis-cancelled": {
    status: 409,
    title: "The analysis was cancelled",
    rule: "A film whose analysis was cancelled gets no answer: upload it again.",
  },
  "too-many-webhooks": {
    status: 409,
    title: "Too many endpoints",
    rule: "A tenant may have at most MAX_WEBHOOKS endpoints: delete one first.",
  },
  "callback-missing": {
    status: 409,
    title: "No callback",
    rule: "Only an analysis that was sent with a callbackUrl has a delivery to it that can be made again.",
  },
  "delivery-pending": {
    status: 409,
    title: "The delivery is still to come",
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
  "film-too-large": {
    status: 413,
    title: "Film too large",
    rule: "One film may have at most MAX_FILM_BYTES: 32 MB where nothing else is set.",
  },
  "upload-too-large": {
    status: 413,
    title: "Upload too large",
    rule: "The films of one analysis may have at most MAX_UPLOAD_BYTES together: 128 MB where nothing else is set.",
  },
  "too-many-films": {
    status: 413,
    title: "Too many films",
    rule: "An analysis takes at most MAX_FILMS: 16 where nothing else is set.",
  },
  "media-type-unsupported": {
    status: 415,
    title: "Unsupported media type",
    rule: "A body must be of a media type that the call takes, and a film a JPEG, PNG, WebP or TIFF picture or a DICOM file; a film’s content decides, not its name.",
  },
  "dicom-unsupported": {
    status: 415,
    title: "DICOM of another kind",
    rule: "A DICOM file must hold one grey X-ray film (CR, DX or RG), uncompressed or as RLE, JPEG, JPEG-LS, JPEG 2000 or HTJ2K.",
  },
  "range-not-satisfiable": {
    status: 416,
    title: "No such range",
    rule: "A Range must be of bytes, and begin within the film.",
  },
  "expectation-failed": {
    status: 417,
    title: "Expectation failed",
    rule: "Expect may ask for 100-continue and for nothing else.",
  },
  "host-refused": {
    status: 421,
    title: "Not this host",
    rule: "Without keys the gateway answers to the names of this machine alone: localhost and loopback addresses.",
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
  "too-many-unknown-keys": {
    status: 429,
    title: "Too many unknown keys",
    rule: "A gateway looks for 100 keys a second that are none; one that it does not know yet must then be sent again.",
  },
  "too-many-streams": {
    status: 429,
    title: "Too many streams",
    rule: "A tenant may have 250 streams of events open at each gateway: GET /v1/events tells of all analyses over one.",
  },
  "headers-too-large": {
    status: 431,
    title: "Headers too large",
    rule: "The request line and the headers may have 16 kB together.",
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
  "answer-not-ready": {
    status: 503,
    title: "No answer yet",
    rule: "POST /predict waits 30 s for a film's answer: of one that takes longer it must be asked again.",
  },
  "webhooks-off": {
    status: 503,
    title: "Endpoints are off",
    rule: "The system must have a WEBHOOK_MASTER_SECRET to keep endpoints’ secrets with.",
  },
  overloaded: {
    status: 503,
    title: "Overloaded",
    rule: "A film is accepted where it can be answered within MAX_WAIT_SECONDS and fewer than MAX_QUEUED films wait; of several tenants, one below its equal share up to twice both, while one above it gets share-exceeded.",
  },
  "answers-unread": {
    status: 503,
    title: "Too many answers are unread",
    rule: "A picture is sent where the gateway has memory for it, which it has again when others have been read.",
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
  "record-damaged": {
    status: 500,
    title: "Stored record damaged",
    rule: "A record in the object store must be what was written there.",
  },
  "record-too-new": {
    status: 503,
    title: "Record of a later version",
    rule: "What a later version wrote waits for a service of that version.",
  },
  "worker-lost": {
    status: 500,
    title: "The worker died",
    rule: "A film under which the worker dies each time, also alone, is given up.",
  },
  "model-missing": {
    status: 500,
    title: "No model",
    rule: "Each task must have a bundle in MODELS_DIR, and each bone that is handed to fracture workers a loaded one.",
  },
  "bundle-damaged": {
    status: 500,
    title: "Damaged model bundle",
    rule: "A bundle must have a valid manifest and files that match their digests.",
  },
  "model-unsupported": {
    status: 500,
    title: "Model not supported by the engine",
    rule: "The engine must know every operator of a bundle’s model.",
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
  "engine-unavailable": {
    status: 500,
    title: "Inference engine away",
    rule: "A worker needs an inference thread that starts; while none does, its films wait, a day at most.",
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
