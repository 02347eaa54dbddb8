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
      "Address that the gateway listens on, and HEALTH_PORT. Elsewhere than on loopback, weak secrets are refused.",
  }),
  PORT: port("Port of the gateway; 0 takes a free one.", 8080),
  AUTH: Type.Enum(["off", "keys"], {
    default: "off",
    description:
      "Whether calls need a key (`npm run osteon -- keys create`). Off is for loopback only: elsewhere start-up is refused.",
  }),
  CORS_ORIGINS: Type.String({
    default: "",
    pattern: "^(\\*|https?://[^\\s,/]+(\\s*,\\s*https?://[^\\s,/]+)*)?$",
    description:
      "Origins (comma-separated, or *) whose pages may call the gateway from a browser; its own pages always may.",
  }),
  REQUEST_TIMEOUT_SECONDS: seconds("Time that a client has to send its whole request.", 600),
  STALL_TIMEOUT_SECONDS: seconds(
    "Time that a client may send nothing of a request that it has begun, or read nothing of an answer.",
    30,
  ),
  HEALTH_PORT: Type.Optional(
    port(
      "Port of /livez, /readyz and /metrics, without keys and never to be published; none where unset. There a gateway is ready as long as it runs: of Redis and the store /readyz at PORT tells.",
    ),
  ),
  DATA_DIR: Type.String({ default: ".osteon", description: "Folder of the file-backed object store." }),
  REDIS_URL: Type.String({
    default: "redis://127.0.0.1:6379",
    pattern: "^rediss?://[^,]+(,rediss?://[^,]+)*$",
    description:
      "Redis or Valkey with AOF and maxmemory-policy noeviction, password and all; rediss: is TLS. Of a cluster any nodes, comma-separated.",
  }),
  REDIS_CLUSTER: Type.Enum(["off", "on"], {
    default: "off",
    description: "Whether REDIS_URL names nodes of a Redis Cluster.",
  }),
  REDIS_SENTINELS: Type.Optional(
    Type.String({
      pattern: "^[^,/\\s]+:\\d+(,[^,/\\s]+:\\d+)*$",
      description:
        "Sentinels, host:port, comma-separated: they tell where Redis is, and REDIS_URL only its password and whether it speaks TLS.",
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
    Type.String({ minLength: 3, description: "Bucket; where unset, the store is files under DATA_DIR." }),
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
    Type.String({ description: "Goes with the two where they are temporary credentials." }),
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
        "What the models reckon in; where unset, int8 if the engine and the bundle have it, else float32.",
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
        "Secret that signs deliveries to a callbackUrl; without it, callbackUrl is refused. Several, comma-separated, all sign: to change over.",
    }),
  ),
  WEBHOOK_MASTER_SECRET: Type.Optional(
    Type.String({
      pattern: "^[^,\\s]{32,}(,[^,\\s]{32,})*$",
      description:
        "At least 32 characters from which the key is derived that encrypts endpoints’ secrets in the store; without it, none can be registered. The first seals; further ones, comma-separated, still open.",
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
        "Days of single tenants in the place of RETENTION_DAYS, such as clinic-a=30,clinic-b=365; 0 keeps.",
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
      "Resident memory of a worker, megabytes, beyond which it ends itself, so that the film that took it is tried alone and given up; three quarters of the container’s or the machine’s where unset.",
      undefined,
      128,
    ),
  ),
  RECONCILE_SECONDS: seconds("Time between two walks over the pending markers.", 20),
});

export type Config = Static<typeof ConfigSchema>;
