import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { ProblemError } from "../problems/index.js";
import { checkKey, type ListOptions, type ObjectStore, type PutOptions, walk } from "./object-store.js";
import { probeConditionalPut } from "./probe.js";

export interface S3StoreOptions {
  bucket: string;
  region: string;
  /** AWS itself where absent. */
  endpoint?: string;
  /** The SDK's own chain (environment, files, instance roles) where absent. */
  credentials?: { accessKeyId: string; secretAccessKey: string };
}

const statusOf = (error: unknown): number | undefined =>
  error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;

/** Objects of one S3 bucket. Conditional puts are `If-None-Match: *`. */
export class S3Store implements ObjectStore {
  readonly driver = "s3";
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(options: S3StoreOptions) {
    this.#bucket = options.bucket;
    const agent = { keepAlive: true, maxSockets: 64 };
    this.#client = new S3Client({
      region: options.region,
      ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint, forcePathStyle: true }),
      ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
      maxAttempts: 4,
      // Servers that are not AWS do not all know the newer checksum trailers; a film's own digest guards it here.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
      requestHandler: {
        connectionTimeout: 3_000,
        requestTimeout: 30_000,
        httpAgent: new HttpAgent(agent),
        httpsAgent: new HttpsAgent(agent),
      },
    });
  }

  async put(key: string, body: Uint8Array | string, options: PutOptions = {}): Promise<boolean> {
    const command = new PutObjectCommand({
      Bucket: this.#bucket,
      Key: checkKey(key),
      Body: body,
      ContentLength: Buffer.byteLength(body),
      ContentType: options.contentType ?? "application/octet-stream",
      ...(options.ifAbsent === true ? { IfNoneMatch: "*" } : {}),
    });
    return this.#guarded(async () => {
      try {
        await this.#client.send(command);
        return true;
      } catch (error) {
        // 409 answers a racer that met another conditional put under way.
        if (options.ifAbsent === true && statusOf(error) === 412) return false;
        if (options.ifAbsent === true && statusOf(error) === 409 && (await this.exists(key))) return false;
        throw error;
      }
    });
  }

  get(key: string): Promise<Buffer | undefined> {
    const command = new GetObjectCommand({ Bucket: this.#bucket, Key: checkKey(key) });
    return this.#absentAs(undefined, async () => {
      const answer = await this.#client.send(command);
      const bytes = await answer.Body?.transformToByteArray();
      return bytes === undefined
        ? Buffer.alloc(0)
        : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    });
  }

  exists(key: string): Promise<boolean> {
    const command = new HeadObjectCommand({ Bucket: this.#bucket, Key: checkKey(key) });
    return this.#absentAs(false, async () => {
      await this.#client.send(command);
      return true;
    });
  }

  delete(key: string): Promise<void> {
    const command = new DeleteObjectCommand({ Bucket: this.#bucket, Key: checkKey(key) });
    return this.#absentAs(undefined, async () => {
      await this.#client.send(command);
    });
  }

  async deletePrefix(prefix: string): Promise<void> {
    const keys: string[] = [];
    for await (const key of walk(this, prefix)) keys.push(key);
    for (let start = 0; start < keys.length; start += 1000) {
      const batch = keys.slice(start, start + 1000).map((Key) => ({ Key }));
      await this.#guarded(async () => {
        const answer = await this.#client.send(
          new DeleteObjectsCommand({ Bucket: this.#bucket, Delete: { Objects: batch, Quiet: true } }),
        );
        if ((answer.Errors?.length ?? 0) > 0)
          throw new Error(`${answer.Errors?.length} objects were not deleted`);
      });
    }
  }

  list(prefix: string, options: ListOptions = {}): Promise<string[]> {
    if (!prefix.endsWith("/")) throw new TypeError('a prefix must end in "/"');
    checkKey(prefix.slice(0, -1));
    const command = new ListObjectsV2Command({
      Bucket: this.#bucket,
      Prefix: prefix,
      MaxKeys: options.limit ?? 1000,
      ...(options.after === undefined ? {} : { StartAfter: afterFolder(options.after) }),
      ...(options.folders === true ? { Delimiter: "/" } : {}),
    });
    return this.#guarded(async () => {
      const answer = await this.#client.send(command);
      const found =
        options.folders === true
          ? (answer.CommonPrefixes ?? []).map((entry) => entry.Prefix)
          : (answer.Contents ?? []).map((entry) => entry.Key);
      return found.filter(
        (key): key is string => key !== undefined && key !== prefix && !key.endsWith(`${prefix}/`),
      );
    });
  }

  async probe(): Promise<void> {
    await probeConditionalPut(this);
  }

  async close(): Promise<void> {
    this.#client.destroy();
  }

  #absentAs<T>(absent: T, step: () => Promise<T>): Promise<T> {
    return this.#guarded(async () => {
      try {
        return await step();
      } catch (error) {
        if (statusOf(error) === 404 && (error as Error).name !== "NoSuchBucket") return absent;
        throw error;
      }
    });
  }

  async #guarded<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      if (error instanceof TypeError || error instanceof ProblemError) throw error;
      const name = error instanceof Error ? error.name : "unknown";
      throw new ProblemError("store-unavailable", `The object store failed (${name}).`, { cause: error });
    }
  }
}

/** Past everything in a folder: S3 would otherwise list the folder again from its first key. */
function afterFolder(after: string): string {
  return after.endsWith("/") ? `${after.slice(0, -1)}0` : after;
}
