export { ConnectionError, OsteonError, ProblemError, SignatureError, TimeoutError } from "./errors.js";
export type { FilmInput, NamedFilm, SubmissionFields, UploadedFilm } from "./films.js";
export type { AnalysisEvent, EventsOptions, WaitOptions } from "./follow.js";
export { type GetOptions, type ListOptions, Osteon, type SubmitOptions, type UploadType } from "./osteon.js";
export type { CallOptions, ClientOptions } from "./transport.js";
export * from "./types.js";
export { type IncomingHeaders, type VerifyOptions, verifyWebhook } from "./verify-webhook.js";
export type { DeliveriesOptions, EndpointChange, NewEndpoint, Webhooks } from "./webhooks.js";
