const text = (description: string, required = false) => ({
  description,
  required,
  schema: { type: "string" },
});
const seconds = (description: string, required = false) => ({
  description,
  required,
  schema: { type: "integer", minimum: 0 },
});

/** Headers of answers, by their names. */
export const headers = {
  "x-request-id": text("Names the request to whoever runs the system.", true),
  "ratelimit-policy": text('Calls that the window allows: `"reads";q=6000;w=60`.'),
  ratelimit: text('Calls that are left, and the seconds until they are all back: `"reads";r=5999;t=60`.'),
  "retry-after": seconds("Seconds after which to ask again."),
  "www-authenticate": text("`Bearer`.", true),
  etag: text("Names this state; send it as `If-None-Match`.", true),
  location: text("Path of what was made.", true),
  "idempotency-replayed": text("`true` where the answer is that of an earlier request with the key."),
  "preference-applied": text("Tells that `Prefer: wait` was heeded."),
  "accept-encoding": text("`identity` where the body came packed: it must not."),
  "accept-ranges": text("`bytes`.", true),
  "content-range": text("Which bytes of how many; where there are none of the range, `*`.", true),
  "content-disposition": text("`attachment`, with a file name that the server made.", true),
} as const;
type HeaderName = keyof typeof headers;

/** What answers carry beside `x-request-id`, by operation and status. */
const own: Readonly<Record<string, readonly HeaderName[]>> = {
  "submitAnalysis 200": ["location", "idempotency-replayed", "preference-applied"],
  "submitAnalysis 202": ["location", "retry-after", "idempotency-replayed", "preference-applied"],
  "getAnalysis 200": ["etag", "retry-after", "preference-applied"],
  "getAnalysis 304": ["etag"],
  "createWebhook 201": ["location"],
  "testWebhook 202": ["location"],
  "getFilmImage 200": ["etag"],
  "getFilmImage 304": ["etag"],
  "getFilmHeatmap 200": ["etag"],
  "getFilmHeatmap 304": ["etag"],
  "getFilmThumbnail 200": ["etag"],
  "getFilmThumbnail 304": ["etag"],
  "getFilmOriginal 200": ["etag", "accept-ranges", "content-disposition"],
  "getFilmOriginal 206": ["etag", "accept-ranges", "content-range", "content-disposition"],
  "getFilmOriginal 304": ["etag", "accept-ranges"],
  "getFilmOriginal 416": ["accept-ranges", "content-range"],
};
const byStatus: Readonly<Record<string, readonly HeaderName[]>> = {
  401: ["www-authenticate"],
  409: ["retry-after"],
  415: ["accept-encoding"],
  429: ["retry-after"],
  503: ["retry-after"],
};

/** References to the headers of one answer. */
export function headersOf(operation: string, status: string, limited: boolean): Record<string, object> {
  const names: HeaderName[] = [
    "x-request-id",
    ...(limited && status !== "401" ? (["ratelimit-policy", "ratelimit"] as const) : []),
    ...(own[`${operation} ${status}`] ?? []),
    ...(byStatus[status] ?? []),
  ];
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}
