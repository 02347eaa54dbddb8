import { statSync } from "node:fs";
import path from "node:path";
import { type Config, readCa } from "../config/index.js";
import { ProblemError } from "../problems/index.js";
import { FileStore } from "./file-store.js";
import type { ObjectStore } from "./object-store.js";
import type { S3StoreOptions } from "./s3-client.js";

export { analysisFolder } from "./analysis-folders.js";
export { FileStore } from "./file-store.js";
export { MeteredStore } from "./metered-store.js";
export {
  type ListOptions,
  type ObjectBody,
  type ObjectStore,
  type PresignedPut,
  walk,
} from "./object-store.js";
export {
  digestOf,
  getSealed,
  isUnreadable,
  putSealed,
  seal,
  unlessDamaged,
  unseal,
} from "./sealed-json.js";
export { digestOfFilm, inSlices } from "./slices.js";

/** How long a store that is reached over a network has, where that is not its own default. */
export type StoreTimes = Pick<S3StoreOptions, "answerMs">;

/**
 * The store that the configuration names: S3 where there is a bucket, else files under `DATA_DIR`. Only who has a bucket
 * loads the SDK: its modules are a quarter of what a service reads at its start.
 */
export async function openStore(config: Config, times: StoreTimes = {}): Promise<ObjectStore> {
  if (config.S3_BUCKET === undefined) {
    // It never will be one: waiting for it would be for ever.
    if (statSync(config.DATA_DIR, { throwIfNoEntry: false })?.isDirectory() === false)
      throw new ProblemError("config-invalid", `DATA_DIR is no folder: ${config.DATA_DIR}.`);
    return new FileStore(path.join(config.DATA_DIR, "store"));
  }
  const { S3Store } = await import("./s3-store.js");
  const credentials = credentialsOf(config);
  return new S3Store({
    ...times,
    bucket: config.S3_BUCKET,
    region: config.S3_REGION,
    ...(config.S3_ENDPOINT === undefined ? {} : { endpoint: config.S3_ENDPOINT }),
    ...(config.S3_CA_FILE === undefined ? {} : { ca: readCa("S3_CA_FILE", config.S3_CA_FILE) }),
    ...(config.S3_PUBLIC_ENDPOINT === undefined ? {} : { publicEndpoint: config.S3_PUBLIC_ENDPOINT }),
    ...(credentials === undefined ? {} : { credentials }),
  });
}

/** Undefined where the SDK is to look for them itself. */
function credentialsOf(config: Config): S3StoreOptions["credentials"] {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = config;
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  const { AWS_SESSION_TOKEN: sessionToken } = config;
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}
