import { type Static, Type } from "../libraries/typebox.js";

const withDefault = (fallback: number | undefined) => (fallback === undefined ? {} : { default: fallback });
const port = (description: string, fallback?: number) =>
  Type.Integer({ minimum: 0, maximum: 65535, description, ...withDefault(fallback) });
const count = (description: string, fallback?: number, minimum = 1) =>
  Type.Integer({ minimum, description, ...withDefault(fallback) });

/** Longer than about 24 days no timer of Node runs: it would be over at once. */
const seconds = (description: string, fallback: number) =>
  Type.Integer({ minimum: 1, maximum: 2_147_483, description, default: fallback });

/**
 * Every environment variable that a service reads. `docs/reference/configuration.md` is generated from it.
 * Sizes are in bytes, times in the unit of the name.
 */
export const ConfigSchema = Type.Object({
  HOST: Type.String({
    default: "127.0.0.1",
    description:
      "Address that the gateway and HEALTH_PORT listen on. On any address other than loopback, weak secrets are refused.",
  }),
  PORT: port("Port of the gateway; 0 takes a free one.", 8080),
  AUTH: Type.Enum(["off", "keys"], {
    default: "off",
    description:
      "Whether calls need a key (`npm run osteon -- keys create`). With off, start-up is refused on any address other than loopback.",
  }),
  CORS_ORIGINS: Type.String({
    default: "",
    pattern: "^(\\*|https?://[^\\s,/]+(\\s*,\\s*https?://[^\\s,/]+)*)?$",
    description:
      "Origins (comma-separated, or *) whose pages may call the gateway from a browser; its own pages always may.",
  }),
  REQUEST_TIMEOUT_SECONDS: seconds("Time that a client has to send its whole request.", 600),
  STALL_TIMEOUT_SECONDS: seconds(
    "Time for which a client may pause within a request, or leave an answer unread.",
    30,
  ),
  HEALTH_PORT: Type.Optional(
    port(
      "Port of /livez, /readyz and /metrics, without keys and never to be published; none where unset. On this port a gateway’s /readyz is 200 while the process runs; whether Redis and the store are reachable is told only by /readyz on PORT.",
    ),
  ),
  DATA_DIR: Type.String({ default: ".osteon", description: "Folder of the file-backed object store." }),
  REDIS_URL: Type.String({
    default: "redis://127.0.0.1:6379",
    pattern: "^rediss?://[^,]+(,rediss?://[^,]+)*$",
    description:
      "URL, with the password, of a Redis or Valkey that has AOF and maxmemory-policy noeviction; rediss: is TLS. For a cluster any of its nodes, comma-separated.",
  }),
  REDIS_CLUSTER: Type.Enum(["off", "on"], {
    default: "off",
    description: "Whether REDIS_URL names nodes of a Redis Cluster.",
  }),
  REDIS_SENTINELS: Type.Optional(
    Type.String({
      pattern: "^[^,/\\s]+:\\d+(,[^,/\\s]+:\\d+)*$",
      description:
        "Sentinels as host:port, comma-separated. They tell where Redis is; REDIS_URL then tells only its password and whether it uses TLS.",
    }),
  ),
  REDIS_SENTINEL_MASTER: Type.String({
    default: "osteon",
    description: "Name of the master that the sentinels watch.",
  }),
  REDIS_SENTINEL_PASSWORD: Type.Optional(
    Type.String({ description: "Password of the sentinels themselves." }),
  ),
  REDIS_CA_FILE: Type.Optional(
    Type.String({
      description: "PEM file of the certificates that Redis’s is checked against; the system’s where unset.",
    }),
  ),
  S3_ENDPOINT: Type.Optional(
    Type.String({ pattern: "^https?://", description: "S3 server; AWS where unset." }),
  ),
  S3_PUBLIC_ENDPOINT: Type.Optional(
    Type.String({
      pattern: "^https?://",
      description: "The S3 server as clients reach it, for uploads to it; S3_ENDPOINT where unset.",
    }),
  ),
  S3_CA_FILE: Type.Optional(
    Type.String({
      description:
        "PEM file of the certificates that the S3 server’s is checked against; the system’s where unset.",
    }),
  ),
  S3_BUCKET: Type.Optional(
    Type.String({
      minLength: 3,
      description:
        "Bucket, of which the rights in docs/guides/deploy-kubernetes.md are needed; where unset, the store is files under DATA_DIR.",
    }),
  ),
  S3_REGION: Type.String({ default: "us-east-1", description: "Region of the bucket." }),
  AWS_ACCESS_KEY_ID: Type.Optional(
    Type.String({
      description:
        "S3 access key. Where it or the secret key is unset, the SDK looks for credentials itself (files, roles).",
    }),
  ),
  AWS_SECRET_ACCESS_KEY: Type.Optional(Type.String({ description: "S3 secret key." })),
  AWS_SESSION_TOKEN: Type.Optional(
    Type.String({ description: "S3 session token, where the two keys are temporary credentials." }),
  ),
  MODELS_DIR: Type.String({ default: "models", description: "Folder of the model bundles." }),
  OPERATING_POINTS: Type.Optional(
    Type.String({
      description:
        "JSON file of operating points that replace the bundles’ own (docs/guides/models-in-operation.md); where unset, operating-points.json in MODELS_DIR, if there is one.",
    }),
  ),
  INFERENCE_ENGINE: Type.Enum(["onnxruntime", "tfjs-node"], {
    default: "onnxruntime",
    description:
      "Engine of the models; tfjs-node needs `npm run setup:tfjs-node` once, which `npm start` does itself.",
  }),
  INFERENCE_PRECISION: Type.Optional(
    Type.Enum(["fp32", "int8"], {
      description:
        "Numeric precision of inference; where unset, int8 if the engine and the bundle have it, else float32.",
    }),
  ),
  INFERENCE_THREADS: Type.Optional(count("Inference threads of a worker; the number of cores where unset.")),
  WEBHOOK_ALLOW: Type.String({
    default: "",
    description: "Address ranges (CIDR, comma-separated) that webhooks may reach beside public ones.",
  }),
  WEBHOOK_SECRET: Type.Optional(
    Type.String({
      pattern: "^whsec_[A-Za-z0-9+/]{32,}={0,2}(,whsec_[A-Za-z0-9+/]{32,}={0,2})*$",
      description:
        "Secret that signs deliveries to a callbackUrl; without it, callbackUrl is refused. To change it over, give several, comma-separated: all of them sign.",
    }),
  ),
  WEBHOOK_MASTER_SECRET: Type.Optional(
    Type.String({
      pattern: "^[^,\\s]{32,}(,[^,\\s]{32,})*$",
      description:
        "Secret of at least 32 characters. The key that encrypts endpoints’ secrets in the store is derived from it; without it, no endpoint can be registered. Of several, comma-separated, the first encrypts, and the others still decrypt.",
    }),
  ),
  WEBHOOK_TIMEOUT_SECONDS: seconds("Time a receiver has to answer.", 15),
  WEBHOOK_DISABLE_DAYS: count("Days without one successful try after which an endpoint is disabled.", 5),
  WEBHOOK_RETENTION_DAYS: count(
    "Days for which deliveries to endpoints stay on record, from their analysis’s acceptance.",
    30,
    4,
  ),
  RETENTION_DAYS: Type.Optional(
    count("Days after which an analysis and its films are erased; where unset they are kept."),
  ),
  RETENTION_TENANTS: Type.Optional(
    Type.String({
      pattern: "^[a-z0-9][a-z0-9-]{0,62}=\\d+(,[a-z0-9][a-z0-9-]{0,62}=\\d+)*$",
      description:
        "Days for single tenants, in place of RETENTION_DAYS, such as clinic-a=30,clinic-b=365; with 0 a tenant’s analyses are kept.",
    }),
  ),
  MAX_WEBHOOKS: count("Most endpoints of one tenant.", 20),
  LOG_LEVEL: Type.Enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"], {
    default: "info",
    description: "Least level that is logged.",
  }),
  MAX_FILM_BYTES: count("Largest film.", 32 * 1024 * 1024),
  MAX_UPLOAD_BYTES: count("Largest sum of the films of one analysis.", 128 * 1024 * 1024),
  MAX_FILMS: Type.Integer({
    minimum: 1,
    maximum: 16,
    default: 16,
    description: "Most films of one analysis.",
  }),
  BODYPART_CONCURRENCY: Type.Optional(
    count(
      "Films that a body-part worker has in hand at once; twice as many as it has inference threads where unset.",
    ),
  ),
  FRACTURE_CONCURRENCY: Type.Optional(
    count(
      "Films that a fracture worker has in hand at once; twice as many as it has inference threads where unset.",
    ),
  ),
  WEBHOOK_CONCURRENCY: count(
    "Deliveries that a webhook worker has in hand at once; one receiver gets at most 8 of them, and fewer the slower it is.",
    256,
    32,
  ),
  MAX_QUEUED: count(
    "Films that may wait before more are refused with 503. Where several tenants have films waiting, a tenant over its equal share is refused with 429 from here on, and the others are let in up to twice as many.",
    20_000,
  ),
  MAX_WAIT_SECONDS: seconds(
    "Expected wait, by the measured drain rate, from which films are refused with 503; with several tenants as at MAX_QUEUED, up to twice as long.",
    1800,
  ),
  RATE_LIMIT_SUBMISSIONS: Type.Optional(
    count(
      "Submissions a minute of a tenant; 0 is no limit. Where unset: 600 with keys, none without.",
      undefined,
      0,
    ),
  ),
  RATE_LIMIT_READS: Type.Optional(
    count(
      "Other calls a minute of a tenant; 0 is no limit. Where unset: 6000 with keys, none without.",
      undefined,
      0,
    ),
  ),
  JOB_LOCK_MS: count("Time after which a silent worker loses its film to another.", 15_000, 500),
  MEMORY_LIMIT_MB: Type.Optional(
    count(
      "Resident memory in megabytes beyond which a worker ends itself. The film that took it is then tried alone, and given up if it keeps taking too much. Where unset: three quarters of the container’s or the machine’s.",
      undefined,
      128,
    ),
  ),
  RECONCILE_SECONDS: seconds("Time between two walks of the reconciler over the pending markers.", 20),
});

export type Config = Static<typeof ConfigSchema>;
